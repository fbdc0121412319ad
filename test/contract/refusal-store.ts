import { describe, expect, it } from "vitest";
import { KEPT_HOURS, type RefusalCount, type RefusalStore } from "../../src/stores/refusals/refusal-store.ts";

const HOUR = 500_000;

const count = (code: string, count: number, more: Partial<RefusalCount> = {}): RefusalCount => ({
  route: "GET /orders",
  code,
  mode: "enforce",
  policy: "",
  count,
  ...more,
});

/** What every {@link RefusalStore} does. @param make an implementation, empty; called once per test. */
export function refusalStoreContract(name: string, make: () => RefusalStore): void {
  describe(`${name} keeps the contract of a refusal store`, () => {
    it("has nothing to say of hours in which nothing was refused", async () => {
      const store = make();
      expect(await store.since(0)).toEqual([]);
      await store.add([count("rate-limited", 1)], HOUR);
      expect(await store.since(HOUR + 1)).toEqual([]);
    });

    it("sums up what the isolates add, over hours, the most frequent first", async () => {
      const store = make();
      await store.add([count("rate-limited", 2), count("credential-missing", 4)], HOUR);
      await store.add([count("rate-limited", 3)], HOUR);
      await store.add([count("rate-limited", 10)], HOUR + 1);
      expect(await store.since(HOUR)).toEqual([count("rate-limited", 15), count("credential-missing", 4)]);
      expect(await store.since(HOUR + 1)).toEqual([count("rate-limited", 10)]);
    });

    it("tells route, code, mode and policy apart, whatever they are", async () => {
      const store = make();
      const counts = [
        count("a", 6),
        count("a", 5, { route: "" }),
        count("a", 4, { mode: "report", policy: "rateLimit" }),
        count("a", 3, { mode: "report", policy: "access" }),
        count("a b", 2, { route: "GET /\"'; DROP TABLE refusals" }),
      ];
      await store.add(counts, HOUR);
      expect(await store.since(HOUR)).toEqual(counts);
    });

    it("forgets what is a week old", async () => {
      const store = make();
      await store.add([count("old", 1)], HOUR);
      await store.add([count("kept", 1)], HOUR + 1);
      await store.add([count("new", 1)], HOUR + KEPT_HOURS);
      expect((await store.since(0)).map(({ code }) => code).sort()).toEqual(["kept", "new"]);
    });
  });
}
