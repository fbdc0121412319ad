import { Agent, createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as passed } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";

/** The origin works on so many requests at once, each for so long: 100 a second. The others stand in line. */
const WORKERS = 5;
const WORK_MS = 50;

let built: BuiltGateway;
let gateway: ServedGateway;
let origin: Server;
const agent = new Agent({ keepAlive: true, maxSockets: 400 });

beforeAll(async () => {
  let busy = 0;
  const line: Array<() => void> = [];
  origin = createServer((_, response) => {
    const begin = () => {
      busy++;
      setTimeout(() => {
        response.end("{}");
        busy--;
        line.shift()?.();
      }, WORK_MS);
    };
    if (busy < WORKERS) begin();
    else line.push(begin);
  });
  origin.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  built = await buildGateway("shedding.ts");
  const { port } = origin.address() as AddressInfo;
  gateway = await serveGateway(built, { ORIGIN: `http://127.0.0.1:${port}` });
});

afterAll(async () => {
  agent.destroy();
  await gateway?.stop();
  origin?.closeAllConnections();
  origin?.close();
  await removeGateway(built);
});

interface Answer {
  readonly path: string;
  readonly at: number;
  readonly ms: number;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

function get(path: string): Promise<Answer> {
  const at = Date.now();
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: gateway.port, path, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.once("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ path, at, ms: Date.now() - at, status, retryAfter: headers["retry-after"], body });
      });
    });
    request.once("error", reject);
    request.end();
  });
}

/** Asks steadily, whatever becomes of it. @param rate requests a second, of each path in turn */
async function load(paths: readonly string[], rate: number, seconds: number): Promise<readonly Answer[]> {
  const answers: Array<Promise<Answer>> = [];
  const begun = Date.now();
  while (Date.now() - begun < seconds * 1_000) {
    const due = ((Date.now() - begun) * rate) / 1_000;
    while (answers.length < due) answers.push(get(paths[answers.length % paths.length]!));
    await passed(5);
  }
  return Promise.all(answers);
}

describe("an upstream under load", () => {
  it("serves what it can at three times of that, soon, and those first who matter most; then all again", async () => {
    const calm = await load(["/normal"], 50, 2);
    expect(calm.filter(({ status }) => status !== 200)).toEqual([]);

    const begun = Date.now();
    const storm = (await load(["/critical", "/normal", "/background"], 300, 8)).filter(
      ({ at }) => at > begun + 4_000,
    );
    const served = storm.filter(({ status }) => status === 200);
    const refused = storm.filter(({ status }) => status === 503);
    expect(served.length + refused.length).toBe(storm.length);
    // Four seconds of 100 each.
    expect(served.length).toBeGreaterThan(0.85 * 400);
    const slowest = served.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(served.length * 0.95)]!;
    expect(slowest).toBeLessThan(10 * WORK_MS);
    for (const { retryAfter, body } of refused) {
      expect(["1", "2", "3"]).toContain(retryAfter);
      expect(body).toContain("temporary-reduced-capacity");
    }
    const of = (path: string) => served.filter((answer) => answer.path === path).length;
    expect(of("/critical")).toBeGreaterThan(1.5 * of("/normal"));
    expect(of("/normal")).toBeGreaterThanOrEqual(of("/background"));

    await passed(1_000);
    const after = await load(["/normal"], 50, 2);
    expect(after.filter(({ status }) => status !== 200)).toEqual([]);
  }, 30_000);

  it("leaves the optional parts of a composition out first", async () => {
    const [storm, parts] = await Promise.all([load(["/background"], 250, 5), load(["/parts"], 10, 5)]);
    expect(storm.some(({ status }) => status === 503)).toBe(true);
    const whole = parts.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body) as object);
    const without = whole.filter((body) => "extra" in body && body.extra === null).length;
    // Compositions go on while what matters less is refused, and do without what they can do without.
    expect([whole.length > 0.8 * parts.length, without > 0.5 * whole.length]).toEqual([true, true]);
    await passed(1_000);
    expect(JSON.parse((await get("/parts")).body)).toEqual({});
  }, 30_000);
});
