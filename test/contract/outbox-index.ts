import { describe, expect, it } from "vitest";
import type { Page } from "../../src/stores/consumers/consumer-registry.ts";
import type { Report } from "../../src/stores/meters/index-report.ts";
import type { Debtor, DebtorQuery } from "../../src/stores/meters/outbox-index.ts";

/** An index of outboxes as it is called. */
export interface CalledIndex {
  put(subject: string, report: Report): Promise<number>;
  list(query: DebtorQuery): Promise<Page<Debtor>>;
}

/** What every index of outboxes does. @param make an empty one */
export function outboxIndexContract(name: string, make: () => CalledIndex): void {
  const owed = (dead: number, path = "/events") => ({
    upstream: "billing",
    path,
    dead,
    waiting: 1,
    oldest: 5,
    last: "status 422",
  });
  const names = ({ items }: Page<Debtor>) => items.map(({ subject }) => subject);

  describe(`${name} keeps the contract of an index of outboxes`, () => {
    it("lists who owes something, in the order of their names, part by part", async () => {
      const index = make();
      for (const subject of ["c", "a", "b", "well"])
        await index.put(subject, { version: 1, undelivered: subject === "well" ? [] : [owed(2)] });
      const first = await index.list({ limit: 2 });
      expect(names(first)).toEqual(["a", "b"]);
      expect(first.items[0]).toEqual({ subject: "a", at: expect.any(Number), undelivered: [owed(2)] });
      const second = await index.list({ limit: 2, after: first.next });
      expect([names(second), second.next]).toEqual([["c"], undefined]);
    });

    it("goes by the latest report, in whatever order and however often they come", async () => {
      const index = make();
      expect(await index.put("a", { version: 2, undelivered: [] })).toBe(2);
      expect(await index.put("a", { version: 1, undelivered: [owed(1)] })).toBe(2);
      expect(await index.put("a", { version: 2, undelivered: [] })).toBe(2);
      expect(names(await index.list({ limit: 9 }))).toEqual([]);
      expect(await index.put("a", { version: 3, undelivered: [owed(1)] })).toBe(3);
      expect(names(await index.list({ limit: 9 }))).toEqual(["a"]);
    });

    it("finds those with dead batches of one receiver", async () => {
      const index = make();
      await index.put("a", { version: 1, undelivered: [owed(1)] });
      await index.put("b", { version: 1, undelivered: [owed(0)] });
      await index.put("c", { version: 1, undelivered: [owed(1, "/other"), owed(0)] });
      const deadOf = (path: string) => index.list({ limit: 9, deadOf: { upstream: "billing", path } });
      expect(names(await deadOf("/events"))).toEqual(["a"]);
      expect(names(await deadOf("/other"))).toEqual(["c"]);
    });
  });
}
