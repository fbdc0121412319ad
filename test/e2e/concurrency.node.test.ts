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
  [built, origin] = await Promise.all([buildGateway("concurrency.ts"), startOrigin()]);
  gateway = await serveGateway(built, { ORIGIN: origin.url });
});

afterAll(async () => {
  await gateway?.stop();
  await origin?.stop();
  await removeGateway(built);
});

const get = (path: string, headers = {}) => ask(gateway.port, path, { headers });
/** Asks until there is room. @returns the status, and after how many ms it was there */
async function untilRoom(path: string, port: number, within: number): Promise<readonly [number, number]> {
  const begun = Date.now();
  for (;;) {
    const { status } = await ask(port, path);
    const ms = Date.now() - begun;
    if (status === 200 || ms > within) return [status, ms];
    await passed(20);
  }
}

/** Begins a request whose answer the origin leaves open once its headers are out. */
async function openAnswer(path: string, port = gateway.port, headers = {}) {
  const query = `?${crypto.randomUUID()}`;
  await origin.answer(path, { open: true, body: "so far" });
  const exchange = open(port, path + query, { headers });
  exchange.request.end();
  const { exchange: number } = await origin.wait("request", ({ url }) => url === path + query);
  const response = await exchange.response;
  response.on("error", () => {});
  response.resume();
  await origin.answer(path, {});
  return { ...exchange, number, ended: new Promise((resolve) => response.once("close", resolve)) };
}

describe("so many at once", () => {
  it.each(["/isolate", "/everywhere"])(
    "go to a slow origin from %s, and the others are told to come back",
    async (path) => {
      await origin.answer(path, { delay: 700 });
      const begun = Date.now();
      const answers = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const answer = await get(path);
          return { answer, ms: Date.now() - begun };
        }),
      );
      const refused = answers.filter(({ answer }) => answer.status === 503);
      expect([answers.filter(({ answer }) => answer.status === 200).length, refused.length]).toEqual([2, 6]);
      expect(await origin.requests(path)).toHaveLength(2);
      for (const { answer, ms } of refused) {
        expect(answer.json()).toMatchObject({ code: "temporary-reduced-capacity" });
        expect(["1", "2", "3"]).toContain(answer.header("retry-after"));
        expect(ms).toBeLessThan(600);
      }
      await origin.answer(path, {});
      expect((await untilRoom(path, gateway.port, 2_000))[0]).toBe(200);
    },
  );

  it("are as many again as have gone, whether they were answered or their client left", async () => {
    const [ended, left] = [await openAnswer("/isolate"), await openAnswer("/isolate")];
    expect((await get("/isolate")).status).toBe(503);
    await origin.end(ended.number);
    await ended.ended;
    const again = await openAnswer("/isolate");
    expect((await get("/isolate")).status).toBe(503);
    left.request.socket?.resetAndDestroy();
    expect((await untilRoom("/isolate", gateway.port, 3_000))[0]).toBe(200);
    await origin.end(again.number);
  });

  it("count until the answer's headers are there, where that is said", async () => {
    const streaming = await openAnswer("/headers");
    expect((await get("/headers")).status).toBe(200);
    await origin.end(streaming.number);
  });

  it("are counted for each caller, who is told that it is its own doing", async () => {
    const first = await openAnswer("/tenants", gateway.port, { "x-tenant": "a" });
    const [own, other] = [
      await get("/tenants", { "x-tenant": "a" }),
      await get("/tenants", { "x-tenant": "b" }),
    ];
    expect([own.status, other.status]).toEqual([429, 200]);
    expect(own.json()).toMatchObject({ code: "too-many-at-once", "violated-policies": ["1-at-once"] });
    await origin.end(first.number);
    await first.ended;
  });
});

describe("a line", () => {
  it.each(["/queued", "/line"])(
    "is served one after the other on %s, and takes no more than it may",
    async (path) => {
      const first = await openAnswer(path);
      await origin.answer(path, { delay: 50 });
      const before = (await origin.requests(path)).length;
      const waiting = Array.from({ length: 5 }, () => get(path));
      const fast = await Promise.race(waiting);
      expect(fast.status).toBe(503);
      expect((await origin.requests(path)).length).toBe(before);
      await origin.end(first.number);
      const statuses = (await Promise.all(waiting)).map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([200, 200, 200, 503, 503]);
    },
  );

  it("is left by who has waited for as long as it may, and by who has gone", async () => {
    const first = await openAnswer("/shortly");
    const begun = Date.now();
    expect((await get("/shortly")).status).toBe(503);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(90);
    await origin.end(first.number);
    await first.ended;

    const inside = await openAnswer("/queued");
    const gone = Array.from({ length: 3 }, () => open(gateway.port, "/queued"));
    for (const { request } of gone) request.end();
    // Whichever of them comes first: one more than may wait is turned away.
    const fourth = open(gateway.port, "/queued");
    fourth.request.end();
    const answered = [...gone, fourth].map(async ({ response }) => (await response).statusCode);
    for (const each of answered) each.catch(() => {});
    expect(await Promise.any(answered)).toBe(503);
    for (const { request } of [...gone, fourth]) request.socket?.resetAndDestroy();
    const before = (await origin.requests("/queued")).length;
    await passed(100);
    const next = get("/queued");
    await passed(100);
    await origin.end(inside.number);
    expect((await next).status).toBe(200);
    expect((await origin.requests("/queued")).length).toBe(before + 1);
  });
});

it("frees the permits of a process that was killed when their lease has ended, and no sooner", async () => {
  const first = await serveGateway(built, { ORIGIN: origin.url });
  const held = [await openAnswer("/everywhere", first.port), await openAnswer("/everywhere", first.port)];
  expect((await ask(first.port, "/everywhere")).status).toBe(503);
  // SIGKILL.
  await first.stop();
  const second = await serveGateway(built, { ORIGIN: origin.url }, first);
  try {
    expect((await ask(second.port, "/everywhere")).status).toBe(503);
    const [status, ms] = await untilRoom("/everywhere", second.port, 13_000);
    expect(status).toBe(200);
    expect(ms).toBeGreaterThan(3_000);
    expect(ms).toBeLessThan(11_000);
  } finally {
    await second.stop();
    for (const { number } of held) await origin.end(number);
  }
}, 30_000);
