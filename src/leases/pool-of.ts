import type { Allowance } from "../stores/counters/counter-store.ts";
import { bucketPool } from "./bucket-pool.ts";
import { fixedPool } from "./fixed-pool.ts";
import type { Pool } from "./pool.ts";
import { slidingPool } from "./sliding-pool.ts";

/**
 * The pool that leases come from where so much is allowed. A state fits every pool of the same algorithm and
 * `windowMs`, whatever their limits.
 */
export function poolOf({ algorithm, limit, windowMs, burst }: Allowance): Pool<unknown> {
  if (algorithm === "fixedWindow") return fixedPool(limit, windowMs) as Pool<unknown>;
  if (algorithm === "slidingWindow") return slidingPool(limit, windowMs) as Pool<unknown>;
  return bucketPool(limit, windowMs, burst) as Pool<unknown>;
}
