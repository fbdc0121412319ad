import { describe, expect, it } from "vitest";
import {
  type BlockEntry,
  type BlockId,
  type BlockStore,
  COUNTED_EVERY,
  GATEWAY,
  KEPT_CHANGES,
  KEPT_MS,
} from "../../src/stores/blocks/block-store.ts";

const AT = 1_800_000_000_000;

const entry = (value: string, more: Partial<BlockEntry> = {}): BlockEntry => ({
  list: "abuse",
  kind: "network",
  value,
  reason: "floods",
  createdAt: AT,
  createdBy: "admin",
  ...more,
});
const idOf = ({ list, kind, value }: BlockId): BlockId => ({ list, kind, value });

/** What every {@link BlockStore} does. @param make an implementation, empty; called once per test. */
export function blockStoreContract(name: string, make: () => BlockStore): void {
  describe(`${name} keeps the contract of a block store`, () => {
    it("is empty at first, and says so once", async () => {
      const store = make();
      expect(await store.read()).toEqual({ version: 0, entries: [] });
      expect(await store.read(0)).toBeUndefined();
      expect(await store.changes(10)).toEqual([]);
    });

    it("has what was put, and news only for who does not have them", async () => {
      const store = make();
      const entries = [entry("192.0.2.1"), entry("US", { kind: "country", expiresAt: AT + 5 })];
      for (const each of entries) await store.put(each);
      const snapshot = (await store.read(0))!;
      expect(snapshot.entries.toSorted((a, b) => (a.kind < b.kind ? 1 : -1))).toEqual(entries);
      expect(await store.read(snapshot.version)).toBeUndefined();
    });

    it("has one entry for each list, kind and value: the last one", async () => {
      const store = make();
      await store.put(entry("192.0.2.1"));
      await store.put(entry("192.0.2.1", { reason: "again", createdBy: "other" }));
      await store.put(entry("192.0.2.1", { list: "other" }));
      const { entries } = (await store.read())!;
      expect(entries.map(({ list, reason }) => [list, reason]).sort()).toEqual([
        ["abuse", "again"],
        ["other", "floods"],
      ]);
    });

    it("removes one, and says where there is none", async () => {
      const store = make();
      await store.put(entry("192.0.2.1"));
      expect(await store.remove(idOf(entry("192.0.2.2")), "ada", AT)).toBe(false);
      expect(await store.remove(idOf(entry("192.0.2.1")), "ada", AT + 1)).toBe(true);
      expect(await store.remove(idOf(entry("192.0.2.1")), "ada", AT + 2)).toBe(false);
      expect((await store.read())!.entries).toEqual([]);
    });

    it("keeps each change with who made it and when, and nothing that changed nothing", async () => {
      const store = make();
      const put = entry("192.0.2.1");
      await store.put(put);
      await store.remove(idOf(put), "ada", AT + 1);
      await store.remove(idOf(put), "ada", AT + 2);
      await store.put(entry("192.0.2.2", { createdBy: "grace", createdAt: AT + 3 }));
      const changes = await store.changes(10);
      expect(changes).toMatchObject([
        { at: AT + 3, by: "grace", action: "put", entry: { value: "192.0.2.2" } },
        { at: AT + 1, by: "ada", action: "remove", entry: idOf(put) },
        { at: AT, by: "admin", action: "put", entry: put },
      ]);
      expect(await store.changes(1)).toEqual(changes.slice(0, 1));
      expect(await store.changes(10, changes[0]!.version)).toEqual(changes.slice(1));
    });

    it("keeps a change for a year, and the newest for ever", async () => {
      const store = make();
      await store.put(entry("192.0.2.1"));
      await store.put(entry("192.0.2.2", { createdAt: AT + 1 }));
      await store.remove(idOf(entry("192.0.2.1")), "ada", AT + KEPT_MS);
      expect((await store.changes(10)).map(({ version }) => version)).toEqual([3, 2]);
      await store.put(entry("192.0.2.3", { createdAt: AT + 3 * KEPT_MS }));
      expect((await store.changes(10)).map(({ version }) => version)).toEqual([4]);
      expect(await store.read(4)).toBeUndefined();
      expect((await store.read(3))?.entries).toHaveLength(2);
    });

    it("keeps so many changes of the gateway and no more, and all of an operator's beside", async () => {
      const store = make();
      await store.put(entry("192.0.2.1", { createdBy: "ada" }));
      const made = KEPT_CHANGES + 2 * COUNTED_EVERY;
      for (let done = 0; done < made; done += 100) {
        const some = Array.from({ length: 100 }, () => store.put(entry("192.0.2.2", { createdBy: GATEWAY })));
        await Promise.all(some);
      }
      const changes = await store.changes(2 * made);
      expect(changes.at(-1)).toMatchObject({ version: 1, by: "ada" });
      const bans = changes.length - 1;
      expect([bans >= KEPT_CHANGES, bans <= KEPT_CHANGES + COUNTED_EVERY]).toEqual([true, true]);
      expect((await store.read())?.version).toBe(made + 1);
    }, 60_000);
  });
}
