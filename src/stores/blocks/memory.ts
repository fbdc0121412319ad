import {
  type BlockChange,
  type BlockEntry,
  type BlockId,
  type BlockStore,
  MOST_ENTRIES,
  TooManyEntries,
} from "./block-store.ts";

/** Lists of this isolate alone. For tests, benches and single-process use. */
export function createMemoryBlocks(): BlockStore {
  const entries = new Map<string, BlockEntry>();
  const changes: BlockChange[] = [];
  const key = ({ list, kind, value }: BlockId) => JSON.stringify([list, kind, value]);
  const log = (change: Omit<BlockChange, "version">) => {
    changes.push({ version: changes.length + 1, ...change });
  };
  return {
    async read(known) {
      const version = changes.length;
      return known === version ? undefined : { version, entries: [...entries.values()] };
    },
    async put(entry) {
      if (entries.size >= MOST_ENTRIES && !entries.has(key(entry))) throw new TooManyEntries();
      entries.set(key(entry), entry);
      log({ at: entry.createdAt, by: entry.createdBy, action: "put", entry });
    },
    async remove(id, by, at) {
      const { list, kind, value } = id;
      const removed = entries.delete(key(id));
      if (removed) log({ at, by, action: "remove", entry: { list, kind, value } });
      return removed;
    },
    async changes(limit, before = Number.POSITIVE_INFINITY) {
      return changes
        .filter(({ version }) => version < before)
        .slice(-limit)
        .reverse();
    },
  };
}
