import { Permits } from "../concurrency/permits.ts";
import { STORE_TIMEOUT_MS } from "../stores/counters/select.ts";
import { createDurableObjectPermits } from "../stores/permits/durable-object.ts";
import { createMemoryPermits } from "../stores/permits/memory.ts";
import type { PartTools } from "./part.ts";

export function open({ counters, exports, now, random, log }: PartTools): Permits {
  const store =
    counters === "memory"
      ? createMemoryPermits(now)
      : createDurableObjectPermits(exports.PermitsObject, { timeoutMs: STORE_TIMEOUT_MS });
  const holder = Array.from(random(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return new Permits({ store, holder, now, log });
}
