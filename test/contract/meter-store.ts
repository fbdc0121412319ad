import { describe, expect, it } from "vitest";
import { type MeterStore, MOST_SETS, OVERFLOW } from "../../src/stores/meters/meter-store.ts";

const MINUTE = Math.floor(Date.now() / 60_000);
const HOUR = Math.floor(MINUTE / 60);
const TO = { upstream: "billing", path: "/events", everyMs: 86_400_000, batch: 100 };

/** What every {@link MeterStore} does. @param make an implementation by the real clock */
export function meterStoreContract(name: string, make: () => MeterStore): void {
  const someone = () => crypto.randomUUID();
  const line = (value: number, dimensions: Readonly<Record<string, string>> = {}) => ({
    event: "api.call",
    dimensions,
    minute: MINUTE,
    value,
    count: 1,
    to: 0,
  });
  const flush = (session: number, sequence: number, ...lines: Array<ReturnType<typeof line>>) => ({
    session,
    sequence,
    to: [TO],
    lines,
    settled: [],
  });
  const topUp = (units: number, key = "k", fingerprint = "f") => ({
    units,
    reason: "invoice",
    actor: "operator",
    once: { key, fingerprint },
  });
  const all = { from: HOUR - 1, to: HOUR + 1 };

  describe(`${name} keeps the contract of a meter store`, () => {
    it("counts a flush once, however often it comes", async () => {
      const [store, who] = [make(), someone()];
      const session = await store.open(who);
      expect(await store.flush(who, flush(session, 1, line(2), line(3, { route: "a" })))).toBe("counted");
      expect(await store.flush(who, flush(session, 1, line(2)))).toBe("known");
      expect(await store.flush(who, flush(session, 2, line(4)))).toBe("counted");
      expect(await store.flush(who, flush(session, 1, line(2)))).toBe("known");
      const usage = await store.usage(who, all);
      expect(usage.toSorted((a, b) => b.value - a.value)).toEqual([
        { event: "api.call", hour: HOUR, dimensions: {}, value: 6, count: 2 },
        { event: "api.call", hour: HOUR, dimensions: { route: "a" }, value: 3, count: 1 },
      ]);
      expect(await store.usage(who, { ...all, event: "other" })).toEqual([]);
      expect(await store.outbox(who)).toEqual({ gathering: 2, batches: [] });
    });

    it("counts nothing of a session that it does not know, and gives no session twice", async () => {
      const [store, who] = [make(), someone()];
      expect(await store.flush(who, flush(7, 1, line(2)))).toBe("forgotten");
      expect(await store.open(who)).not.toBe(await store.open(who));
      expect(await store.usage(who, all)).toEqual([]);
    });

    it("tells dimensions apart by what they hold, not by their order", async () => {
      const [store, who] = [make(), someone()];
      const session = await store.open(who);
      await store.flush(who, flush(session, 1, line(1, { a: "1", b: "2" }), line(1, { b: "2", a: "1" })));
      expect(await store.usage(who, all)).toMatchObject([{ value: 2 }]);
    });

    it("adds up what has too many dimensions, and loses none of it", async () => {
      const [store, who] = [make(), someone()];
      const session = await store.open(who);
      for (let part = 0; part < 2; part++) {
        const lines = Array.from({ length: 600 }, (_, index) => line(1, { path: `${part}-${index}` }));
        await store.flush(who, flush(session, part + 1, ...lines));
      }
      const usage = await store.usage(who, all);
      expect(usage).toHaveLength(MOST_SETS + 1);
      expect(usage.find(({ dimensions }) => "overflow" in dimensions)).toMatchObject({
        dimensions: OVERFLOW,
        count: 1_200 - MOST_SETS,
      });
    });

    it("reserves credit, all or nothing, and charges what is settled", async () => {
      const [store, who] = [make(), someone()];
      expect(await store.reserve(who, "r0", 1)).toEqual({ granted: false, balance: 0, reserved: 0 });
      expect(await store.topUp(who, topUp(10))).toEqual({ balance: 10, reserved: 0 });
      expect(await store.reserve(who, "r1", 7)).toEqual({ granted: true, balance: 10, reserved: 7 });
      expect(await store.reserve(who, "r1", 7)).toEqual({ granted: true, balance: 10, reserved: 7 });
      expect((await store.reserve(who, "r2", 4)).granted).toBe(false);
      expect((await store.reserve(who, "r3", 3)).granted).toBe(true);
      const session = await store.open(who);
      const settling = {
        ...flush(session, 1),
        settled: [
          { id: "r1", charge: 5 },
          { id: "r3", charge: 0 },
        ],
      };
      await store.flush(who, settling);
      await store.flush(who, settling);
      expect(await store.credit(who)).toEqual({ balance: 5, reserved: 0 });
    });

    it("adds credit once for a key, and nothing for one that was used otherwise", async () => {
      const [store, who] = [make(), someone()];
      await store.topUp(who, topUp(10));
      expect(await store.topUp(who, topUp(10))).toEqual({ balance: 10, reserved: 0 });
      expect(await store.topUp(who, topUp(20, "k", "other"))).toBe("reused");
      expect(await store.topUp(who, topUp(-4, "k2"))).toEqual({ balance: 6, reserved: 0 });
    });

    it("keeps what was done to credit, and tells it part by part, the newest first", async () => {
      const [store, who] = [make(), someone()];
      for (const units of [10, -4, 7]) await store.topUp(who, topUp(units, `key ${units}`));
      await store.topUp(who, topUp(7, "key 7"));
      const first = await store.lines(who, { limit: 2 });
      const second = await store.lines(who, { limit: 2, after: first.next });
      const shared = { did: "credit", at: expect.any(Number), actor: "operator", reason: "invoice" };
      expect([...first.items, ...second.items]).toEqual([
        { ...shared, number: 3, units: 7, balance: 13 },
        { ...shared, number: 2, units: -4, balance: 6 },
        { ...shared, number: 1, units: 10, balance: 10 },
      ]);
      expect(second.next).toBeUndefined();
    });

    it("has no batch to try or give up that it has not made", async () => {
      const [store, who] = [make(), someone()];
      expect(await store.retry(who, "none")).toBe(false);
      expect(await store.retryDead(who, { upstream: "billing", path: "/events" })).toBe(0);
      expect(await store.discard(who, { batch: "none", reason: "r", actor: "a" })).toBe("unknown");
    });
  });
}
