import * as z from "zod";
import type { RateLimitOptions } from "../policies/limit/rate-limit.ts";
import { duration } from "../schema/duration.ts";
import { mode } from "../schema/mode.ts";
import { type RateLimit, shortest } from "./limit.ts";
import { IDENTITY_PROPERTIES } from "./limit-key.ts";

/** Together with the longest window this keeps the counters' arithmetic exact. */
const MAX_UNITS = 100_000_000;
/** The longest that a bucket may take to fill, in ms. */
const MAX_FILLING = 30 * 86_400_000;

const HOW_BY =
  'must be "address", "route", "identity.id", "identity.claims.<name>", "headers.<name>", "params.<name>" or "query.<name>"';
const HOW_COST =
  'must be a whole number from 1, or "query.<name>", "headers.<name>", "params.<name>" or "identity.claims.<name>"';

/** Schema of {@link RateLimitOptions}; build only. */
export function rateLimitSchema(): z.ZodType<RateLimit, RateLimitOptions> {
  const units = z.int().min(1).max(MAX_UNITS);
  const values = valueSchemas();
  const key = z.union(
    [z.enum(["address", "route"]), z.templateLiteral(["identity.", z.enum(IDENTITY_PROPERTIES)]), ...values],
    { error: HOW_BY },
  );
  const label = z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be letters, digits, dots, hyphens and underscores");
  return z
    .strictObject({
      limit: units,
      window: duration({ min: "1s", max: "1d" }).refine((ms) => ms % 1_000 === 0, "must be whole seconds"),
      by: z.array(key).min(1).max(5).readonly().optional(),
      name: label.optional(),
      algorithm: z.enum(["slidingWindow", "fixedWindow", "tokenBucket"]).default("slidingWindow"),
      burst: units.optional(),
      cost: z.union([units, ...values], { error: HOW_COST }).default(1),
      on: z.enum(["request", "authFailure"]).default("request"),
      count: z.enum(["all", "origin"]).default("all"),
      group: label.optional(),
      mode: mode(),
      onStoreFailure: z.enum(["allow", "deny"]).default("deny"),
    })
    .superRefine(({ limit, window, algorithm, burst, cost, on, count }, ctx) => {
      const say = (key: string, message: string) => ctx.addIssue({ code: "custom", path: [key], message });
      if (burst !== undefined && algorithm !== "tokenBucket")
        say("burst", 'is for algorithm: "tokenBucket" alone');
      const capacity = burst ?? limit;
      if ((capacity * window) / limit > MAX_FILLING)
        say("burst", "must not take more than 30 days to flow in");
      if (typeof cost === "number" && cost > Math.max(1, capacity)) {
        say("cost", `must be at most ${capacity}: more could never be granted`);
      }
      if (on === "authFailure" && cost !== 1) say("cost", "a failed authentication is one unit");
      if (on === "authFailure" && count === "origin") {
        say("count", "a request whose authentication fails never goes to the origin");
      }
    })
    .transform(({ window, burst, name, ...rest }) => ({
      ...rest,
      windowMs: window,
      burst: burst ?? rest.limit,
      name: name ?? rest.group ?? `${rest.limit}-per-${shortest(window)}`,
    }));
}

/** References to values of the request. */
function valueSchemas() {
  const named = z.string().min(1);
  return [
    z.templateLiteral(["identity.claims.", named]),
    z.templateLiteral(["headers.", z.string().regex(/[!#$%&'*+.^_`|~0-9A-Za-z-]+/)]),
    z.templateLiteral(["params.", named]),
    z.templateLiteral(["query.", named]),
  ] as const;
}
