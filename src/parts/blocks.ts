import type { Hono } from "hono";
import { createBlocksAdmin } from "../admin/blocks.ts";
import { BlockLists } from "../blocking/block-lists.ts";
import { createDurableObjectBlocks } from "../stores/blocks/durable-object.ts";
import { createMemoryBlocks } from "../stores/blocks/memory.ts";
import { STORE_TIMEOUT_MS } from "../stores/counters/select.ts";
import type { AdminTools, PartTools } from "./part.ts";

export function open({ counters, exports, now, log }: PartTools): BlockLists {
  const store =
    counters === "memory"
      ? createMemoryBlocks()
      : createDurableObjectBlocks(exports.BlocksObject, { timeoutMs: STORE_TIMEOUT_MS });
  return new BlockLists({ store, now, log });
}

export function administer(lists: BlockLists, { now, requestId }: AdminTools): Hono {
  return createBlocksAdmin({ store: lists.store, lists, now, requestId });
}
