import type { Hono } from "hono";
import { createJudgedConsumersAdmin } from "../admin/consumers/judged.ts";
import { ConsumerDirectory } from "../identity/consumers/directory.ts";
import { createDurableObjectConsumers } from "../stores/consumers/durable-object.ts";
import type { AdminTools, PartTools } from "./part.ts";

/** The registry is always in its object: keys that a restart forgets would be of no use to anybody. */
export function open({ exports, now, log }: PartTools): ConsumerDirectory {
  return new ConsumerDirectory({ registry: createDurableObjectConsumers(exports.ConsumersObject), now, log });
}

export function administer({ registry }: ConsumerDirectory, tools: AdminTools): Hono {
  return createJudgedConsumersAdmin({ registry, ...tools });
}
