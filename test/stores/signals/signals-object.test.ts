/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { setCourier } from "../../../src/stores/courier.ts";
import {
  createDurableObjectSignals,
  type SignalsNamespace,
} from "../../../src/stores/signals/durable-object.ts";
import type { SignalRecord } from "../../../src/stores/signals/signal-book.ts";
import type { SignalReport, SignalTerms } from "../../../src/stores/signals/signal-store.ts";
import type { SignalsObject } from "../../../src/stores/signals/signals-object.ts";

const objects = (exports as unknown as { SignalsObject: DurableObjectNamespace<SignalsObject> })
  .SignalsObject;
const store = createDurableObjectSignals(objects as unknown as SignalsNamespace, { timeoutMs: 5_000 });

// One workerd runs many files of tests, whose couriers outlive them.
beforeEach(() => setCourier(() => Promise.reject(new Error("no such upstream"))));

/** Whatever is too much is called at once. */
const TERMS: SignalTerms = {
  to: { upstream: "nobody", path: "/hooks/scale" },
  above: { inFlight: 10 },
  recoverBelow: 0.8,
  for: 0,
  every: 3_600_000,
};
const report = (inFlight: number, isolate = "one"): SignalReport => ({
  isolate,
  spanMs: 1_000,
  calls: 1,
  busyMs: inFlight * 1_000,
  answers: 1,
  slow: 0,
  nearlySlow: 0,
  refused: 0,
});

const kept = (upstream: string) =>
  runInDurableObject(objects.getByName(upstream), async (_, { storage }) => {
    const tables = storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray();
    const rows =
      tables.length === 0 ? [] : storage.sql.exec<{ data: string }>("SELECT data FROM kept").toArray();
    return { record: rows[0] && (JSON.parse(rows[0].data) as SignalRecord), alarm: await storage.getAlarm() };
  });

describe("the Durable Object of an upstream", () => {
  it("keeps nothing of what is not too much", async () => {
    const upstream = crypto.randomUUID();
    expect(await store.report(upstream, TERMS, report(10))).toBe(5_000);
    expect(await kept(upstream)).toEqual({ record: undefined, alarm: null });
  });

  it("writes a signal down with the decision, and tries it again until it arrives, whenever it is dropped", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const upstream = crypto.randomUUID();
    await store.report(upstream, TERMS, report(11));
    const decided = await kept(upstream);
    expect(decided.record).toMatchObject({ state: { raised: true }, signal: { upstream: "nobody" } });
    const { id } = decided.record!.signal!;
    // Whether the alarm has gone off by itself meanwhile or not.
    await runDurableObjectAlarm(objects.getByName(upstream));
    const first = (await kept(upstream)).record!.signal!;
    await evictDurableObject(objects.getByName(upstream));
    await runInDurableObject(objects.getByName(upstream), (_, { storage }) => {
      storage.sql.exec("UPDATE kept SET data = json_set(data, '$.signal.due', 1)");
    });
    await evictDurableObject(objects.getByName(upstream));
    await runDurableObjectAlarm(objects.getByName(upstream));
    const { record, alarm } = await kept(upstream);
    expect([first.id, record?.signal?.id]).toEqual([id, id]);
    expect(first.tries).toBeGreaterThan(0);
    expect(record?.signal?.tries).toBeGreaterThan(first.tries);
    expect(alarm).not.toBeNull();
    const lines = warn.mock.calls.map(([text]) => JSON.parse(String(text)) as { id: string });
    warn.mockRestore();
    expect(lines.filter((line) => line.id === id)).toEqual([
      expect.objectContaining({ event: "signal-unsent", tries: 0, failure: "no such upstream" }),
      expect.objectContaining({ event: "signal-unsent", tries: 1, signal: record?.signal?.body }),
    ]);
  });

  it("remembers its period over being dropped", async () => {
    const upstream = crypto.randomUUID();
    await store.report(upstream, TERMS, report(11));
    const { id } = (await kept(upstream)).record!.signal!;
    for (const isolate of ["one", "two"]) {
      await evictDurableObject(objects.getByName(upstream));
      await store.report(upstream, TERMS, report(100, isolate));
      expect((await kept(upstream)).record?.signal?.id).toBe(id);
    }
  });

  it("has decided nothing where it cannot write", async () => {
    const upstream = crypto.randomUUID();
    await store.report(upstream, { ...TERMS, for: 3_600_000 }, report(11));
    await evictDurableObject(objects.getByName(upstream));
    await runInDurableObject(objects.getByName(upstream), (object, { storage }) => {
      storage.sql.exec(
        "CREATE TRIGGER full BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
      );
      expect(() => object.report(upstream, TERMS, report(11))).toThrow("the disk is full");
      storage.sql.exec("DROP TRIGGER full");
    });
    expect((await kept(upstream)).record?.signal).toBeUndefined();
  });

  it("looks by itself while there is something to decide, and deletes all when it is over", async () => {
    const upstream = crypto.randomUUID();
    const brief = { ...TERMS, for: 1 };
    await store.report(upstream, brief, report(11));
    expect((await kept(upstream)).record).toMatchObject({ state: { raised: false } });
    // Nobody tells any more, for longer than it can be known how it is.
    await runInDurableObject(objects.getByName(upstream), (_, { storage }) => {
      storage.sql.exec("UPDATE kept SET data = json_set(data, '$.pace', -30000, '$.state.judgedAt', 0)");
    });
    await evictDurableObject(objects.getByName(upstream));
    expect(await runDurableObjectAlarm(objects.getByName(upstream))).toBe(true);
    expect(await kept(upstream)).toEqual({ record: undefined, alarm: null });
  });
});
