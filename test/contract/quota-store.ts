import { beforeEach, describe, expect, it } from "vitest";
import type { QuotaAsk, QuotaStore } from "../../src/stores/quotas/quota-store.ts";

/** What every {@link QuotaStore} does. @param make an implementation by the real clock; keys are the test's own */
export function quotaStoreContract(name: string, make: () => QuotaStore): void {
  const CALENDAR = { zone: "UTC", days: 100_000, from: 0 };
  const ask = (more: Partial<QuotaAsk> = {}): QuotaAsk => ({
    quota: "q",
    calendar: CALENDAR,
    limit: 3,
    cost: 1,
    ...more,
  });
  const act = { actor: "ops", reason: "a bug of ours" };

  describe(`${name} keeps the contract of a quota store`, () => {
    let store: QuotaStore;
    let key: string;
    beforeEach(() => {
      store = make();
      key = crypto.randomUUID();
    });
    const used = async () => (await store.usage(key, CALENDAR)).used;

    it("gives what there is and no more, whatever comes at once", async () => {
      const grants = await Promise.all(Array.from({ length: 20 }, () => store.take(key, ask())));
      const allowed = grants.filter(({ allowed }) => allowed);
      expect(allowed.map(({ used }) => used).toSorted()).toEqual([1, 2, 3]);
      expect(new Set(allowed.map(({ taken }) => taken)).size).toBe(3);
      const refused = grants.filter(({ allowed }) => !allowed);
      expect(new Set(refused.map(({ used, taken }) => `${used} ${taken}`))).toEqual(new Set(["3 0"]));
      expect(await used()).toBe(3);
      expect((await store.take(crypto.randomUUID(), ask())).allowed).toBe(true);
    });

    it("takes all of a cost or nothing, and says when there is more", async () => {
      const first = await store.take(key, ask({ cost: 2 }));
      expect(first).toMatchObject({
        allowed: true,
        used: 2,
        period: { start: 0, end: 100_000 * 86_400_000 },
      });
      expect(Math.abs(first.period.end - Date.now() - first.resetMs)).toBeLessThan(5_000);
      expect(await store.take(key, ask({ cost: 2 }))).toMatchObject({ allowed: false, used: 2 });
      expect(await store.take(key, ask())).toMatchObject({ allowed: true, used: 3 });
    });

    it("counts on under another limit", async () => {
      await store.take(key, ask({ cost: 3 }));
      expect(await store.take(key, ask({ limit: 10 }))).toMatchObject({ allowed: true, used: 4 });
      expect(await store.take(key, ask())).toMatchObject({ allowed: false, used: 4 });
    });

    it("gives a take back once, and none that was not given", async () => {
      const [one, two] = [await store.take(key, ask()), await store.take(key, ask({ cost: 2 }))];
      await Promise.all([1, 2, 3].map(() => store.release(key, two.taken, 2)));
      expect(await used()).toBe(1);
      await store.release(key, 0, 1);
      await store.release(key, 99, 1);
      expect(await used()).toBe(1);
      await store.release(key, one.taken, 1);
      expect(await used()).toBe(0);
      await store.release(crypto.randomUUID(), 1, 1);
    });

    it("does not count on when it is only asked", async () => {
      expect(await used()).toBe(0);
      expect(await store.record(key)).toBeUndefined();
      expect(await store.set(key, 0, act)).toEqual({ fault: "unknown" });
      expect(await store.lines(key)).toEqual([]);
    });

    it("is set by whoever says why, once for each act", async () => {
      const before = await store.take(key, ask({ cost: 3 }));
      const once = { key: "k", fingerprint: "f" };
      const done = await store.set(key, 1, { ...act, once });
      expect(done).toMatchObject({ record: { used: 1, limit: 3, zone: "UTC" } });
      await store.take(key, ask());
      expect(await store.set(key, 1, { ...act, once })).toMatchObject({ record: { used: 2 } });
      expect(await store.set(key, 0, { ...act, once: { ...once, fingerprint: "g" } })).toEqual({
        fault: "reused",
      });
      // What was taken before it was set is settled.
      await store.release(key, before.taken, 3);
      expect(await store.record(key)).toMatchObject({ used: 2 });
      await store.set(key, 0, { actor: "ada", reason: "again" });
      expect(await store.lines(key)).toMatchObject([
        { number: 2, actor: "ada", reason: "again", before: 2, after: 0 },
        { number: 1, actor: "ops", reason: "a bug of ours", before: 3, after: 1 },
      ]);
    });
  });
}
