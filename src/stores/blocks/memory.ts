import {
  type BlockChange,
  type BlockEntry,
  type BlockId,
  type BlockStore,
  COUNTED_EVERY,
  GATEWAY,
  KEPT_CHANGES,
  KEPT_MS,
  mostEntriesFor,
  TooManyEntries,
} from "./block-store.ts";

/** Lists of this isolate alone. For tests, benches and single-process use. */
export function createMemoryBlocks(): BlockStore {
  let entries = new Map<string, BlockEntry>();
  let changes: BlockChange[] = [];
  let version = 0;
  const key = ({ list, kind, value }: BlockId) => JSON.stringify([list, kind, value]);
  const log = (change: Omit<BlockChange, "version">) => {
    version++;
    changes.push({ version, ...change });
    const kept = changes.findIndex(({ at }) => at > change.at - KEPT_MS);
    if (kept > 0) changes.splice(0, kept);
    if (version % COUNTED_EVERY === 0) changes = latest(changes);
  };
  return {
    async read(known) {
      return known === version ? undefined : { version, entries: [...entries.values()] };
    },
    async put(entry) {
      const { createdAt, createdBy } = entry;
      const others = [...entries].filter(
        ([id, { expiresAt = Number.POSITIVE_INFINITY }]) => id !== key(entry) && createdAt < expiresAt,
      );
      if (others.length >= mostEntriesFor(createdBy)) throw new TooManyEntries();
      entries = new Map([...others, [key(entry), entry]]);
      log({ at: createdAt, by: createdBy, action: "put", entry });
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

/** What is kept of operators' changes and of the gateway's. */
function latest(changes: readonly BlockChange[]): BlockChange[] {
  const left = new Map([true, false].map((isGateway) => [isGateway, KEPT_CHANGES]));
  const isKept = ({ by }: BlockChange) => {
    const room = left.get(by === GATEWAY)!;
    left.set(by === GATEWAY, room - 1);
    return room > 0;
  };
  return changes.toReversed().filter(isKept).reverse();
}
