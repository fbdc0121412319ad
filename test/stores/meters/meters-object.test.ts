/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Sender } from "../../../src/metering/sender.ts";
import { setCourier } from "../../../src/stores/courier.ts";
import { createDurableObjectMeters } from "../../../src/stores/meters/durable-object.ts";
import { MeterIndexObject as IndexClass } from "../../../src/stores/meters/meter-index-object.ts";
import type { MeterStore } from "../../../src/stores/meters/meter-store.ts";
import type { MetersObject } from "../../../src/stores/meters/meters-object.ts";
import { meterStoreContract } from "../../contract/meter-store.ts";

const { MetersObject: objects, MeterIndexObject: indexes } = exports as unknown as {
  readonly MetersObject: DurableObjectNamespace<MetersObject>;
  readonly MeterIndexObject: DurableObjectNamespace<IndexClass>;
};
const storeOf = () => createDurableObjectMeters(objects, indexes, { timeoutMs: 5_000 });

meterStoreContract("the Durable Object", storeOf);

interface Event {
  readonly id: string;
  readonly time: string;
  readonly data: { readonly value: number; readonly count: number };
}

describe("MetersObject", () => {
  afterEach(() => {
    setCourier(() => Promise.reject(new Error("nobody")));
    vi.restoreAllMocks();
  });

  it("loses and doubles nothing over 1,000 kills", async () => {
    const who = crypto.randomUUID();
    const object = objects.getByName(who);
    const had = new Map<string, string>();
    // A schedule that is the same every time, and visits every combination.
    let turn = 7;
    const chance = (of: number) => {
      turn = (turn * 48_271) % 2_147_483_647;
      return turn % of;
    };
    setCourier(async ({ id, body }) => {
      const fate = chance(4);
      if (fate === 0) return 500;
      expect(had.get(id) ?? body).toBe(body);
      had.set(id, body);
      if (fate === 1) throw new Error("it has it, and its answer is lost");
      return 200;
    });
    const real = storeOf();
    const store: Pick<MeterStore, "open" | "flush"> = {
      open: (subject) => real.open(subject),
      async flush(subject, flush) {
        const fate = chance(4);
        if (fate === 0) throw new Error("lost on its way");
        const outcome = await real.flush(subject, flush);
        if (fate === 1) throw new Error("its answer is lost");
        return outcome;
      },
    };
    const isolate = () => new Sender(who, { store, now: Date.now, log: () => {} });
    const to = { upstream: "billing", path: "/events", everyMs: 0, batch: 7 };
    let sender = isolate();
    let unsent: number[] = [];
    const acknowledged: number[] = [];
    const perhaps: number[] = [];
    for (let kill = 0; kill < 1_000; kill++) {
      sender.gathering.add({
        event: "api.call",
        value: 1,
        minute: 28_000_000 + kill,
        names: [],
        values: [],
        to,
      });
      unsent.push(28_000_000 + kill);
      await sender.send().catch(() => {});
      if (sender.isIdle) {
        acknowledged.push(...unsent);
        unsent = [];
      }
      if (kill % 10 === 9) await runDurableObjectAlarm(object);
      if (chance(2) === 0) {
        // Only what runs can be killed.
        await object.credit();
        await evictDurableObject(object);
      } else {
        perhaps.push(...unsent);
        unsent = [];
        sender = isolate();
      }
    }
    setCourier(async ({ id, body }) => {
      expect(had.get(id) ?? body).toBe(body);
      had.set(id, body);
      return 200;
    });
    const left = async () => {
      const { gathering, batches } = await real.outbox(who);
      return gathering + batches.length;
    };
    for (let round = 0; (await left()) > 0 && round < 1_000; round++) {
      const { batches } = await real.outbox(who);
      for (const { id } of batches) await real.retry(who, id);
      await runDurableObjectAlarm(object);
    }
    expect(await left()).toBe(0);
    const events = [...had.values()].flatMap((body) => JSON.parse(body) as Event[]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    // Every minute is an event of its own.
    const delivered = events.map(({ time }) => Date.parse(time) / 60_000);
    expect(new Set(delivered).size).toBe(delivered.length);
    expect(events.every(({ data }) => data.value === 1)).toBe(true);
    expect(acknowledged.filter((minute) => !delivered.includes(minute))).toEqual([]);
    const sent = new Set([...acknowledged, ...perhaps, ...unsent]);
    expect(delivered.filter((minute) => !sent.has(minute))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(400);
  }, 120_000);

  it("waits with a batch for the one before, and goes on past what is put aside", async () => {
    const who = crypto.randomUUID();
    const object = objects.getByName(who);
    const store = storeOf();
    const sender = new Sender(who, { store, now: Date.now, log: () => {} });
    const to = { upstream: "billing", path: "/events", everyMs: 0, batch: 1 };
    for (const minute of [1, 2])
      sender.gathering.add({ event: "e", value: minute, minute, names: [], values: [], to });
    await sender.send();
    const answers = [503, 422, 200];
    const log = vi.spyOn(console, "warn").mockImplementation(() => {});
    const sent: number[] = [];
    setCourier(async ({ body }) => {
      sent.push((JSON.parse(body) as [Event])[0].data.value);
      return answers.shift()!;
    });
    await runDurableObjectAlarm(object);
    expect(sent).toEqual([1]);
    const { batches } = await store.outbox(who);
    expect(batches).toMatchObject([{ tries: 1, last: "status 503" }]);
    await store.retry(who, batches[0]!.id);
    while (sent.length < 3) await runDurableObjectAlarm(object);
    expect(sent).toEqual([1, 1, 2]);
    expect((await store.outbox(who)).batches).toMatchObject([{ id: batches[0]!.id, last: "status 422" }]);
    expect((await store.outbox(who)).batches[0]).not.toHaveProperty("due");
    // Whoever watches the log need not ask for each consumer.
    const told = { subject: who, batch: batches[0]!.id, upstream: "billing", path: "/events" };
    expect(log.mock.calls.map(([line]) => JSON.parse(line as string) as object)).toEqual([
      { level: "warn", event: "metered-batch-unsent", ...told, tries: 1, status: 503 },
      { level: "error", event: "metered-batch-dead", ...told, tries: 2, status: 422 },
    ]);
  });

  /** What the index of all outboxes says of one. */
  const said = async (who: string) =>
    (await storeOf().debtors({ after: who.slice(0, -1), limit: 100 })).items.find(
      ({ subject }) => subject === who,
    )?.undelivered;

  /** Counts one event for each value, each a batch of its own. */
  async function counted(who: string, values: readonly number[]) {
    const sender = new Sender(who, { store: storeOf(), now: Date.now, log: () => {} });
    const to = { upstream: "billing", path: "/events", everyMs: 0, batch: 1 };
    for (const value of values)
      sender.gathering.add({ event: "e", value, minute: value, names: [], values: [], to });
    await sender.send();
  }

  it("has the index list it while it owes something, whatever dies", async () => {
    const who = crypto.randomUUID();
    const object = objects.getByName(who);
    vi.spyOn(console, "warn").mockImplementation(() => {});
    setCourier(async () => 422);
    await counted(who, [1, 2, 3]);
    while (((await said(who))?.[0]?.dead ?? 0) < 1) {
      await evictDurableObject(object);
      await object.credit();
      await runDurableObjectAlarm(object);
    }
    expect(await said(who)).toMatchObject([{ upstream: "billing", path: "/events", last: "status 422" }]);
    const dead = async () =>
      (await storeOf().outbox(who)).batches.filter(({ due }) => due === undefined).length;
    while ((await dead()) < 3) await runDurableObjectAlarm(object);

    const had: string[] = [];
    setCourier(async ({ id }) => {
      had.push(id);
      return 200;
    });
    expect(await storeOf().retryDead(who, { upstream: "other", path: "/events" })).toBe(0);
    expect(await storeOf().retryDead(who, { upstream: "billing", path: "/events" })).toBe(3);
    while ((await said(who)) !== undefined || (await storeOf().outbox(who)).batches.length > 0) {
      await evictDurableObject(object);
      await object.credit();
      await runDurableObjectAlarm(object);
    }
    expect(new Set(had).size).toBe(3);
    expect(await storeOf().outbox(who)).toEqual({ gathering: 0, batches: [] });
  });

  it("goes on delivering where the index cannot be told, and the log says so", async () => {
    const who = crypto.randomUUID();
    const object = objects.getByName(who);
    const log = vi.spyOn(console, "warn").mockImplementation(() => {});
    const put = vi.spyOn(IndexClass.prototype, "put").mockImplementation(() => {
      throw new Error("down");
    });
    setCourier(async () => 422);
    await counted(who, [1]);
    const said = () => log.mock.calls.map(([line]) => JSON.parse(line as string) as { event: string });
    while (!said().some(({ event }) => event === "metered-index-not-told"))
      await runDurableObjectAlarm(object);
    expect(said().at(-1)).toEqual({
      level: "warn",
      event: "metered-index-not-told",
      subject: who,
      cause: "down",
    });
    put.mockRestore();
    setCourier(async () => 200);
    await storeOf().retryDead(who, { upstream: "billing", path: "/events" });
    while ((await storeOf().outbox(who)).batches.length > 0) await runDurableObjectAlarm(object);
  });

  it("gives up a dead batch, and no other, and keeps who did so and why", async () => {
    const who = crypto.randomUUID();
    const object = objects.getByName(who);
    const store = storeOf();
    vi.spyOn(console, "warn").mockImplementation(() => {});
    let status = 503;
    setCourier(async () => status);
    await counted(who, [7]);
    await runDurableObjectAlarm(object);
    const batch = (await store.outbox(who)).batches[0]!.id;
    const giving = { batch, reason: "sent by hand", actor: "operator" };
    expect(await store.discard(who, giving)).toBe("on its way");
    status = 422;
    await store.retry(who, batch);
    await runDurableObjectAlarm(object);
    expect(await store.discard(who, { ...giving, batch: "other" })).toBe("unknown");
    expect(await store.discard(who, giving)).toBe("discarded");
    expect(await store.discard(who, giving)).toBe("unknown");
    await evictDurableObject(object);
    expect((await store.outbox(who)).batches).toEqual([]);
    expect((await store.lines(who, { limit: 9 })).items).toEqual([
      {
        number: 1,
        at: expect.any(Number),
        actor: "operator",
        reason: "sent by hand",
        did: "discard",
        batch,
        upstream: "billing",
        path: "/events",
        made: expect.any(Number),
        units: { e: 7 },
        last: "status 422",
      },
    ]);
  });

  it("keeps what was done to credit from being changed", async () => {
    const object = objects.getByName(crypto.randomUUID());
    await object.topUp({ units: 1, reason: "r", actor: "a", once: { key: "k", fingerprint: "f" } });
    await runInDurableObject(object, (_, { storage: { sql } }) => {
      expect(() => sql.exec("DELETE FROM lines")).toThrow(/stays written/);
      expect(() => sql.exec("UPDATE lines SET at = 0")).toThrow(/stays written/);
    });
  });
});
