/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setCourier } from "../../../src/stores/courier.ts";
import {
  createDurableObjectQuotas,
  type QuotasNamespace,
} from "../../../src/stores/quotas/durable-object.ts";
import type { QuotasObject } from "../../../src/stores/quotas/quotas-object.ts";
import { quotaStoreContract } from "../../contract/quota-store.ts";

const objects = (exports as unknown as { QuotasObject: DurableObjectNamespace<QuotasObject> }).QuotasObject;
const store = createDurableObjectQuotas(objects as unknown as QuotasNamespace, { timeoutMs: 5_000 });

quotaStoreContract("the Durable Object", () => store);

const CALENDAR = { zone: "UTC", days: 100_000, from: 0 };
const ask = (cost = 1, limit = 1_000) => ({ quota: "q", calendar: CALENDAR, limit, cost });
const tables = (key: string) =>
  runInDurableObject(objects.getByName(key), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
  );

describe("the Durable Object of a quota", () => {
  it("forgets nothing that it has answered, wherever it is dropped from memory", async () => {
    const step = fc.oneof(
      fc.record({ take: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ release: fc.nat(20) }),
      fc.constant("evict" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const key = crypto.randomUUID();
        // What has never been asked cannot be dropped.
        await store.usage(key, CALENDAR);
        const held: Array<{ taken: number; cost: number; back: boolean }> = [];
        for (const step of steps) {
          if (step === "evict") {
            await evictDurableObject(objects.getByName(key));
            await store.usage(key, CALENDAR);
          } else if ("take" in step) {
            const { taken } = await store.take(key, ask(step.take));
            held.push({ taken, cost: step.take, back: false });
          } else if (held.length > 0) {
            const which = held[step.release % held.length]!;
            await store.release(key, which.taken, which.cost);
            which.back = true;
          }
        }
        const expected = held.reduce((sum, { cost, back }) => sum + (back ? 0 : cost), 0);
        expect((await store.usage(key, CALENDAR)).used).toBe(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("that is only asked keeps nothing", async () => {
    const key = crypto.randomUUID();
    await store.usage(key, CALENDAR);
    await store.record(key);
    await store.release(key, 1, 1);
    expect(await tables(key)).toEqual([]);
  });

  it("counts nothing where it cannot write", async () => {
    const key = crypto.randomUUID();
    await store.take(key, ask());
    await runInDurableObject(objects.getByName(key), (object, { storage }) => {
      storage.sql.exec(
        "CREATE TRIGGER full BEFORE INSERT ON state BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
      );
      expect(() => object.take(ask())).toThrow("the disk is full");
      storage.sql.exec("DROP TRIGGER full");
      expect(object.usage(CALENDAR).used).toBe(1);
    });
  });

  it("counts a request and writes down whom to tell of it, or neither", async () => {
    // It waits, and is tried again. One workerd runs many files of tests, whose couriers outlive them.
    setCourier(() => Promise.reject(new Error("no such upstream")));
    const key = crypto.randomUUID();
    const warnings = { at: [500], to: { upstream: "nobody", path: "/" }, counted: [] };
    await store.take(key, ask(1, 4));
    await runInDurableObject(objects.getByName(key), (object, { storage }) => {
      storage.sql.exec(
        "CREATE TRIGGER full BEFORE INSERT ON warnings BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
      );
      expect(() => object.take({ ...ask(1, 4), warnings })).toThrow("the disk is full");
      expect(object.usage(CALENDAR).used).toBe(1);
      storage.sql.exec("DROP TRIGGER full");
      expect(object.take({ ...ask(1, 4), warnings })).toMatchObject({ used: 2, taken: 2 });
      expect(storage.sql.exec("SELECT id FROM warnings").toArray()).toHaveLength(1);
    });
    await runDurableObjectAlarm(objects.getByName(key));
    await runInDurableObject(objects.getByName(key), async (_, { storage }) => {
      const [row] = storage.sql
        .exec<{ data: string; due: number }>("SELECT data, due FROM warnings")
        .toArray();
      expect(JSON.parse(row!.data)).toMatchObject({ tries: 1, upstream: "nobody" });
      expect(await storage.getAlarm()).toBe(row!.due);
    });
  });

  it("does not let what administrators did be changed or deleted", async () => {
    const key = crypto.randomUUID();
    await store.take(key, ask());
    await store.set(key, 0, { actor: "ops", reason: "a bug" });
    await runInDurableObject(objects.getByName(key), (_, { storage }) => {
      for (const query of ["UPDATE lines SET data = '{}'", "DELETE FROM lines"]) {
        expect(() => storage.sql.exec(query)).toThrow("stays written");
      }
    });
  });

  it("deletes all it has a day after its period, and not before", async () => {
    const key = crypto.randomUUID();
    await store.take(key, ask());
    expect(await runDurableObjectAlarm(objects.getByName(key))).toBe(true);
    expect((await store.usage(key, CALENDAR)).used).toBe(1);
    await runInDurableObject(objects.getByName(key), (_, { storage }) => {
      storage.sql.exec("UPDATE state SET data = json_set(data, '$.end', ?)", Date.now() - 86_400_001);
    });
    await evictDurableObject(objects.getByName(key));
    expect(await runDurableObjectAlarm(objects.getByName(key))).toBe(true);
    expect(await tables(key)).toEqual([]);
    expect((await store.take(key, ask())).used).toBe(1);
  });
});
