import { describe, expect, it } from "vitest";
import type { BlockEntry, BlockId, BlockStore } from "../../src/stores/blocks/block-store.ts";

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
  });
}
