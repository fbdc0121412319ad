import { setTimeout as passed } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { ask, open } from "../support/raw-http.ts";

let built: BuiltGateway;
let origin: Origin;
let gateway: ServedGateway;

beforeAll(async () => {
  [built, origin] = await Promise.all([buildGateway("upstream-concurrency.ts"), startOrigin()]);
  gateway = await serveGateway(built, { ORIGIN: origin.url });
  await origin.answer("/needed", { body: '{"needed":true}' });
});

afterAll(async () => {
  await gateway?.stop();
  await origin?.stop();
  await removeGateway(built);
});

const get = (path: string) => ask(gateway.port, path);

/** Asks until there is room. @returns the status, and after how many ms it was there */
async function untilRoom(path: string, port = gateway.port, within = 3_000) {
  const begun = Date.now();
  for (;;) {
    const { status } = await ask(port, path);
    const ms = Date.now() - begun;
    if (status === 200 || ms > within) return [status, ms] as const;
    await passed(20);
  }
}

/** Begins a request whose answer the origin leaves open once its headers are out. */
async function openAnswer(path: string, port = gateway.port) {
  const query = `?${crypto.randomUUID()}`;
  await origin.answer(path, { open: true, body: "so far" });
  const exchange = open(port, path + query);
  exchange.request.end();
  const { exchange: number } = await origin.wait("request", ({ url }) => url === path + query);
  const response = await exchange.response;
  response.on("error", () => {});
  response.resume();
  await origin.answer(path, {});
  const ended = new Promise((resolve) => response.once("close", resolve));
  return {
    ...exchange,
    async end() {
      await origin.end(number);
      await ended;
    },
  };
}

describe("an upstream that takes so many at once", () => {
  it("counts what all routes and parts send there", async () => {
    const [one, other] = [await openAnswer("/few"), await openAnswer("/few/other")];
    for (const path of ["/few", "/few/other", "/whole", "/looked"]) {
      const refused = await get(path);
      expect([path, refused.status, refused.json()]).toMatchObject([
        path,
        503,
        { code: "temporary-reduced-capacity" },
      ]);
      expect(["1", "2", "3"]).toContain(refused.header("retry-after"));
    }
    const parts = await get("/parts");
    expect([parts.status, parts.json()]).toEqual([200, { needed: true, extra: "none" }]);
    expect(parts.header("isogate-parts")).toContain("extra;failed=temporary-reduced-capacity");

    await one.end();
    await origin.answer("/few", { body: '{"extra":"some"}' });
    expect((await get("/parts")).json()).toEqual({ needed: true, extra: "some" });
    // A client that leaves while its answer is streaming.
    const again = await openAnswer("/few");
    expect((await get("/few")).status).toBe(503);
    other.request.socket?.resetAndDestroy();
    expect((await untilRoom("/few"))[0]).toBe(200);
    await again.end();
  });

  it("takes nothing of rate limits and quotas where it refuses", async () => {
    for (const [path, name] of [
      ["/limited", "limited"],
      ["/daily", "daily"],
    ] as const) {
      const busy = [await openAnswer("/few"), await openAnswer("/few")];
      for (let index = 0; index < 5; index++) expect((await get(path)).status).toBe(503);
      for (const { end } of busy) await end();
      // What was taken is given back behind the answer.
      await passed(100);
      const answer = await get(path);
      expect([answer.status, answer.header("ratelimit")]).toEqual([
        200,
        expect.stringMatching(`^"${name}";r=8(?:;|$)`),
      ]);
    }
  });

  it("has room again after answers that nobody reads", async () => {
    await origin.answer("/big", { body: "x".repeat(1_000_000) });
    const answers = [];
    for (let index = 0; index < 6; index++) answers.push((await get("/looked")).status);
    expect(answers).toEqual(Array(6).fill(200));
    expect((await untilRoom("/few"))[0]).toBe(200);
  });

  it("counts in all isolates where that is said, whatever routes they come by", async () => {
    const paths = ["/everywhere", "/everywhere/other"];
    for (const path of paths) await origin.answer(path, { delay: 700 });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => get(paths[index % 2]!)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, ...Array(6).fill(503)]);
    expect(
      await Promise.all(paths.map((path) => origin.requests(path))).then((all) => all.flat()),
    ).toHaveLength(2);
    for (const path of paths) await origin.answer(path, {});
    expect((await untilRoom("/everywhere"))[0]).toBe(200);
  });
});

describe("a line at an upstream", () => {
  it("is one for all routes, and takes no more than it may", async () => {
    const first = await openAnswer("/line/other");
    await origin.answer("/line/other", { delay: 50 });
    const before = (await origin.requests("/line/other")).length;
    const waiting = Array.from({ length: 5 }, () => get("/line/other"));
    expect((await Promise.race(waiting)).status).toBe(503);
    expect((await origin.requests("/line/other")).length).toBe(before);
    await first.end();
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 200, 200, 503, 503]);
  });

  it("is left by who has waited for as long as it may, and by who has gone", async () => {
    const first = await openAnswer("/shortly");
    const begun = Date.now();
    expect((await get("/shortly")).status).toBe(503);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(90);
    await first.end();

    const inside = await openAnswer("/line/other");
    const before = (await origin.requests("/line/other")).length;
    const gone = Array.from({ length: 4 }, () => open(gateway.port, "/line/other"));
    for (const { request } of gone) request.end();
    const answered = gone.map(async ({ response }) => (await response).statusCode);
    for (const each of answered) each.catch(() => {});
    expect(await Promise.any(answered)).toBe(503);
    for (const { request } of gone) request.socket?.resetAndDestroy();
    await passed(100);
    const next = get("/line/other");
    await passed(100);
    await inside.end();
    expect((await next).status).toBe(200);
    expect((await origin.requests("/line/other")).length).toBe(before + 1);
  });

  it("is stood in by what the gateway has to send itself, from objects too", async () => {
    await origin.answer("/warnings", {});
    const busy = await openAnswer("/line/other");
    // A quota object has a warning to send, at once.
    expect((await get("/warned")).status).toBe(204);
    await passed(500);
    expect(await origin.requests("/warnings")).toHaveLength(0);
    const ended = Date.now();
    await busy.end();
    await origin.wait("request", ({ url }) => url === "/warnings");
    expect(Date.now() - ended).toBeLessThan(500);
    expect((await get("/line/other")).status).toBe(200);
  });
});

it("has permits of a process that was killed when their lease has ended, and no sooner", async () => {
  const first = await serveGateway(built, { ORIGIN: origin.url });
  const held = [
    await openAnswer("/everywhere", first.port),
    await openAnswer("/everywhere/other", first.port),
  ];
  expect((await ask(first.port, "/everywhere")).status).toBe(503);
  // SIGKILL.
  await first.stop();
  const second = await serveGateway(built, { ORIGIN: origin.url }, first);
  try {
    expect((await ask(second.port, "/everywhere/other")).status).toBe(503);
    const [status, ms] = await untilRoom("/everywhere", second.port, 13_000);
    expect(status).toBe(200);
    expect(ms).toBeGreaterThan(3_000);
    expect(ms).toBeLessThan(11_000);
  } finally {
    await second.stop();
    for (const { end } of held) await end();
  }
}, 30_000);
