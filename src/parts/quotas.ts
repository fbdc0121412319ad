import type { Hono } from "hono";
import { createQuotasAdmin } from "../admin/quotas/quotas.ts";
import { STORE_TIMEOUT_MS } from "../stores/counters/select.ts";
import { createDurableObjectQuotas } from "../stores/quotas/durable-object.ts";
import { createMemoryQuotas } from "../stores/quotas/memory.ts";
import type { QuotaStore } from "../stores/quotas/quota-store.ts";
import type { PartTools } from "./part.ts";

/** Wherever rate limits are counted, quotas are in objects: they must be there after any crash. */
export function open({ counters, exports, now }: PartTools): QuotaStore {
  return counters === "memory"
    ? createMemoryQuotas(now)
    : createDurableObjectQuotas(exports.QuotasObject, { timeoutMs: STORE_TIMEOUT_MS });
}

export function administer(store: QuotaStore): Hono {
  return createQuotasAdmin(store);
}
