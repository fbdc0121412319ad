import { within } from "../counters/time-bound.ts";
import type { BlockChange, BlockEntry, BlockId, BlockSnapshot, BlockStore } from "./block-store.ts";

/** What the store needs of the namespace of `BlocksObject`: `ctx.exports.BlocksObject`. */
export interface BlocksNamespace {
  getByName(name: string): {
    read(known: number | undefined): Promise<BlockSnapshot | undefined>;
    put(entry: BlockEntry): Promise<void>;
    remove(id: BlockId, by: string, at: number): Promise<boolean>;
    changes(limit: number, before: number | undefined): Promise<BlockChange[]>;
  };
}

/**
 * Lists in the gateway's one object for them. A stub that has failed stays broken, so each call makes its own.
 * @param timeoutMs after this a call rejects
 */
export function createDurableObjectBlocks(
  namespace: BlocksNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): BlockStore {
  const object = () => namespace.getByName("gateway");
  const inTime = <T>(work: Promise<T>) => within(timeoutMs, work, "blocks");
  return {
    read: (known) => inTime(object().read(known)),
    put: (entry) => inTime(object().put(entry)),
    remove: (id, by, at) => inTime(object().remove(id, by, at)),
    changes: (limit, before) => inTime(object().changes(limit, before)),
  };
}
