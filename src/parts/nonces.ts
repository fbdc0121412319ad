import { createDurableObjectNonces } from "../stores/nonces/durable-object.ts";
import { createMemoryNonces } from "../stores/nonces/memory.ts";
import type { NonceStore } from "../stores/nonces/nonce-store.ts";
import type { PartTools } from "./part.ts";

/** Above what the first use of an object's name takes; a request's own deadline is mostly longer. */
const TIMEOUT_MS = 5_000;

export function open({ counters, exports, now }: PartTools): NonceStore {
  return counters === "memory"
    ? createMemoryNonces(now)
    : createDurableObjectNonces(exports.NoncesObject, { timeoutMs: TIMEOUT_MS });
}
