import * as z from "zod";
import { limitKeysSchema, limitNameSchema } from "../limits/key-schema.ts";
import type { ConcurrencyOptions } from "../policies/admit/concurrency.ts";
import { duration } from "../schema/duration.ts";
import { mode } from "../schema/mode.ts";
import type { UpstreamConcurrencyOptions } from "../upstream/declare.ts";
import type { Concurrency, UpstreamConcurrency } from "./limit.ts";

/** More at once than isolates of any gateway could hold. */
const MAX_PERMITS = 1_000_000;
/** A queue lives in the isolate's memory, and whoever is in it has a timer. */
const MAX_QUEUE = 1_000;

/** Schema of {@link ConcurrencyOptions}; build only. */
export function concurrencySchema(): z.ZodType<Concurrency, ConcurrencyOptions> {
  return z
    .strictObject({
      ...common(),
      by: limitKeysSchema().default(["route"]),
      plans: z
        .record(z.string().min(1).max(128), permits())
        .refine((plans) => Object.keys(plans).length > 0, "names no plan")
        .optional(),
      name: limitNameSchema().optional(),
    })
    .superRefine(asksSomebody)
    .transform(({ name, ...rest }) => ({ ...rest, name: name ?? `${rest.limit}-at-once` }));
}

/** Schema of {@link UpstreamConcurrencyOptions}; build only. */
export function upstreamConcurrencySchema(): z.ZodType<UpstreamConcurrency, UpstreamConcurrencyOptions> {
  return z.strictObject(common()).superRefine(asksSomebody);
}

const permits = () => z.int().min(1).max(MAX_PERMITS);

/** What limits of routes and of upstreams have in common. */
function common() {
  return {
    limit: permits(),
    scope: z.enum(["isolate", "global"]).default("isolate"),
    queue: z
      .strictObject({
        size: z.int().min(1).max(MAX_QUEUE),
        wait: duration({ min: "1ms", max: "1m" }),
      })
      .default({ size: 0, wait: 0 }),
    until: z.enum(["headers", "body"]).default("body"),
    mode: mode(),
    onStoreFailure: z.enum(["allow", "deny"]).default("deny"),
  };
}

function asksSomebody(
  { scope, onStoreFailure }: Pick<Concurrency, "scope" | "onStoreFailure">,
  ctx: z.RefinementCtx,
): void {
  if (scope !== "isolate" || onStoreFailure !== "allow") return;
  const message = 'is for scope: "global" alone: an isolate asks nobody';
  ctx.addIssue({ code: "custom", path: ["onStoreFailure"], message });
}
