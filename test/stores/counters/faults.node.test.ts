import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CounterStoreError, type SharedCounterStore } from "../../../src/stores/counters/counter-store.ts";
import {
  createDurableObjectStore,
  type LimiterNamespace,
} from "../../../src/stores/counters/durable-object.ts";
import { createUpstashStore } from "../../../src/stores/counters/upstash.ts";
import { UNKNOWN } from "../../contract/asks.ts";
import { perMinute } from "../../contract/counter-store.ts";

/** What a store may take, and what a test allows the machine on top, in ms. */
const TIMEOUT = 200;
const SLACK = 400;

const VERBS = ["take", "peek", "refund", "charge", "lease"] as const;
type Verb = (typeof VERBS)[number];

const asked = { key: "203.0.113.9", allowance: perMinute(10), cost: 1, at: 1, ask: UNKNOWN };

/** Rejects in time, with the error that callers expect, and does not name the key. */
async function expectFailure(store: SharedCounterStore, verb: Verb, location?: string): Promise<void> {
  const since = performance.now();
  const outcome: unknown = await store[verb]({ ...asked, location }).then(
    (answer) => ({ answer }),
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(CounterStoreError);
  expect(String(outcome)).not.toContain(asked.key);
  expect(performance.now() - since).toBeLessThan(TIMEOUT + SLACK);
}

/** Whatever goes wrong beside the promise that a caller holds. */
const strays: unknown[] = [];
const stray = (error: unknown) => void strays.push(error);
beforeAll(() => void process.on("unhandledRejection", stray));
afterAll(async () => {
  // What was answered late has arrived by then.
  await new Promise((resolve) => setTimeout(resolve, TIMEOUT));
  process.off("unhandledRejection", stray);
  expect(strays).toEqual([]);
});

const json = (body: unknown, status = 200): RequestListener => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (_, response) => void response.writeHead(status, { "content-type": "application/json" }).end(text);
};
const numbers = (...result: unknown[]) => json({ result });

const UPSTASH_FAULTS: ReadonlyArray<readonly [fault: string, listener: RequestListener | "refused"]> = [
  ["is not there", "refused"],
  ["resets the connection", (request) => void request.socket.destroy()],
  [
    "resets the connection within the answer",
    (request, response) => {
      response.writeHead(200, { "content-length": "50" }).write('{"result":');
      setTimeout(() => request.socket.destroy(), 10);
    },
  ],
  ["hangs", () => {}],
  ["hangs within the answer", (_, response) => void response.writeHead(200).write('{"result":[1,')],
  ["is slow", (_, response) => void setTimeout(() => response.end('{"result":[]}'), TIMEOUT + 100)],
  ["answers with half of a JSON text", json('{"result":[1,')],
  ["answers with a page", json("<html>")],
  ["answers with nothing", json("")],
  ["answers with no result", json({})],
  ["answers with null", numbers(null, null, null, null, null, null)],
  ["answers with one number", json({ result: 1 })],
  ["answers with a text", json({ result: "OK" })],
  ["answers with an object", json({ result: { allowed: true } })],
  ["answers with texts for numbers", numbers("bG90cw==", "bG90cw==", "bG90cw==", "bG90cw==")],
  ["answers with NaN", numbers("TmFO", "TmFO", "TmFO", "TmFO", "TmFO", "TmFO")],
  ["answers with fractions", numbers(1, 0.5, 0.5, 0.5, 0.5, 0.5)],
  ["answers with truths", numbers(true, true, true, true, true, true)],
  ["answers with lists in lists", numbers([1], [2], [3], [4], [5], [6])],
  ["answers with huge numbers", numbers(1, 1e308, 1e308, 1e308, 1e308, 1)],
  ["answers with a far future", numbers(1, 9e15, 9e15, 9e15, 9e15, 1)],
  ["answers with negative numbers", numbers(1, -7, -7, -7, -7, 0)],
  ["grants what is negative", numbers(-3, 1, 1, 1, 1, 0)],
  ["answers with more numbers than there are", numbers(2, 0, 0, 0, 0, 0, 0, 0)],
  ["answers with an error", json({ error: "ERR busy, command was: 203.0.113.9" })],
  ["answers 400", json({ error: "ERR syntax" }, 400)],
  ["answers 401", json({ error: "WRONGPASS" }, 401)],
  ["answers 429", json({ error: "ERR max requests limit exceeded" }, 429)],
  ["answers 500", json({ error: "ERR busy" }, 500)],
  ["answers 500 with a page", json("<html>", 500)],
  ["answers 503 with nothing", json("", 503)],
];

describe("Upstash that", () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  it.concurrent.each(UPSTASH_FAULTS)("%s", async (_, listener) => {
    let url = "http://127.0.0.1:1";
    if (listener !== "refused") {
      const server = createServer(listener);
      servers.push(server);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    }
    const store = createUpstashStore({ url, token: "t", timeoutMs: TIMEOUT });
    await Promise.all(VERBS.map((verb) => expectFailure(store, verb)));
  });
});

const late = (answer: unknown) => new Promise((resolve) => setTimeout(() => resolve(answer), TIMEOUT + 100));

describe("a Durable Object that", () => {
  const stub = (answer: () => Promise<unknown>): LimiterNamespace => {
    const each = answer as () => Promise<never>;
    return {
      getByName: () => ({ take: each, peek: each, refund: each, charge: each, lease: each, relay: each }),
    };
  };
  const unreachable: LimiterNamespace = {
    getByName: () => {
      throw new Error("no such namespace");
    },
  };

  it.each<readonly [string, LimiterNamespace]>([
    ["cannot be reached", unreachable],
    ["is overloaded", stub(() => Promise.reject(new Error("Durable Object is overloaded.")))],
    ["fails with what is no error", stub(() => Promise.reject("reset"))],
    ["hangs", stub(() => new Promise(() => {}))],
    ["is slow", stub(() => late({ allowed: true, remaining: 1, resetMs: 1, at: 1 }))],
    ["is slow and then fails", stub(() => late(Promise.reject(new Error("late")).catch(() => undefined)))],
  ])("%s", async (_, namespace) => {
    const store = createDurableObjectStore(namespace, { timeoutMs: TIMEOUT });
    await Promise.all([
      ...VERBS.map((verb) => expectFailure(store, verb)),
      expectFailure(store, "lease", "FRA"),
    ]);
  });

  const grant = { allowed: true, remaining: 3, resetMs: 1, at: 1_000 };
  const lease = { tokens: 3, ttlMs: 1_000, left: 4, resetMs: 1, period: 9, crowded: false };

  it("answers rightly is believed", async () => {
    const right = createDurableObjectStore(
      stub(async () => ({ ...grant, ...lease })),
      { timeoutMs: TIMEOUT },
    );
    await expect(right.take(asked)).resolves.toMatchObject(grant);
    await expect(right.lease({ ...asked, location: undefined })).resolves.toMatchObject(lease);
  });

  it.each<readonly [string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "granted"],
    ["a list", [1, 2, 3]],
    ["an empty object", {}],
    ["NaN", { ...grant, remaining: Number.NaN, ...lease, tokens: Number.NaN }],
    ["less than nothing", { ...grant, remaining: -1, ...lease, tokens: -1 }],
    ["more than the limit", { ...grant, remaining: 11, ...lease, tokens: 11 }],
    ["half a unit", { ...grant, remaining: 0.5, ...lease, tokens: 0.5 }],
    ["text for numbers", { ...grant, remaining: "3", ...lease, tokens: "3" }],
    ["a wait that is no number", { ...grant, ...lease, resetMs: Number.NaN }],
    ["an endless wait", { ...grant, ...lease, resetMs: Number.POSITIVE_INFINITY }],
  ])("answers wrongly with %s", async (_, answer) => {
    const store = createDurableObjectStore(
      stub(async () => answer),
      { timeoutMs: TIMEOUT },
    );
    for (const verb of ["take", "peek", "lease"] as const) await expectFailure(store, verb);
    await expectFailure(store, "lease", "FRA");
  });

  it.each<readonly [string, object]>([
    ["for years", { ttlMs: 1e12 }],
    ["for less than no time", { ttlMs: -1 }],
    ["with a wait of years", { resetMs: 1e12 }],
    ["with less than nothing left", { left: -1 }],
    ["in no period", { period: undefined }],
    ["in a crowd of one and a half", { crowded: 1.5 }],
  ])("grants a lease %s", async (_, wrong) => {
    const store = createDurableObjectStore(
      stub(async () => ({ ...lease, ...wrong })),
      { timeoutMs: TIMEOUT },
    );
    await expectFailure(store, "lease");
  });
});
