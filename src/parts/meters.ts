import type { Hono } from "hono";
import { createMetersAdmin } from "../admin/meters/meters.ts";
import { Meters } from "../metering/meters.ts";
import { createDurableObjectMeters } from "../stores/meters/durable-object.ts";
import type { AdminTools, PartTools } from "./part.ts";

/** Events that are not asked to be durable are handed over this long after the first of them, in ms. */
const EVERY_MS = 5_000;
/** Above what the first use of an object's name takes. */
const TIMEOUT_MS = 3_000;

/** Always in objects: events that a restart forgets would be of no use to anybody. */
export function open({ exports, now, log }: PartTools): Meters {
  return new Meters({
    store: createDurableObjectMeters(exports.MetersObject, exports.MeterIndexObject, {
      timeoutMs: TIMEOUT_MS,
    }),
    now,
    log,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    every: EVERY_MS,
    id: () => crypto.randomUUID(),
  });
}

export function administer({ store }: Meters, { now, requestId, consumers }: AdminTools): Hono {
  const isRegistered =
    consumers && (async (id: string) => (await consumers.registry.consumer(id)) !== undefined);
  return createMetersAdmin({ store, now, requestId, isRegistered });
}
