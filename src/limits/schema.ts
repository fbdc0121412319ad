import * as z from "zod";
import type { RateLimitOptions } from "../policies/limit/rate-limit.ts";
import { duration } from "../schema/duration.ts";
import { mode } from "../schema/mode.ts";
import { type PlanLimit, type RateLimit, shortest } from "./limit.ts";
import { IDENTITY_PROPERTIES } from "./limit-key.ts";

/** Together with the longest window this keeps the counters' arithmetic exact. */
const MAX_UNITS = 100_000_000;
/** The longest that a bucket may take to fill, in ms. */
const MAX_FILLING = 30 * 86_400_000;

const HOW_BY =
  'must be "address", "route", "identity.id", "identity.claims.<name>", "headers.<name>", "params.<name>" or "query.<name>"';
const HOW_PLAN = "must be a whole number from 1, or { limit, burst? }";
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
      plans: z
        .record(
          z.string().min(1).max(128),
          z.union([units, z.strictObject({ limit: units, burst: units.optional() })], { error: HOW_PLAN }),
        )
        .refine((plans) => Object.keys(plans).length > 0, "names no plan")
        .optional(),
      cost: z.union([units, ...values], { error: HOW_COST }).default(1),
      on: z.enum(["request", "authFailure"]).default("request"),
      count: z.enum(["all", "origin"]).default("all"),
      group: label.optional(),
      mode: mode(),
      onStoreFailure: z.enum(["allow", "deny"]).default("deny"),
    })
    .superRefine(({ limit, window, algorithm, burst, plans = {}, cost, on, count }, ctx) => {
      const issue = (path: string[], message: string) => ctx.addIssue({ code: "custom", path, message });
      const say = (key: string, message: string) => issue([key], message);
      const judge = ({ limit, burst }: Units, path: string[], of = "") => {
        if (burst !== undefined && algorithm !== "tokenBucket")
          issue([...path, "burst"], 'is for algorithm: "tokenBucket" alone');
        const capacity = burst ?? limit;
        if ((capacity * window) / limit > MAX_FILLING)
          issue([...path, "burst"], "must not take more than 30 days to flow in");
        if (typeof cost === "number" && cost > Math.max(1, capacity))
          issue(["cost"], `must be at most ${capacity}: more could never be granted${of}`);
      };
      judge({ limit, burst }, []);
      for (const [plan, units] of Object.entries(plans))
        judge(unitsOf(units), ["plans", plan], ` on the plan ${plan}`);
      if (Object.keys(plans).length > 0 && on === "authFailure")
        say("plans", "a request whose authentication fails has no plan");
      if (Object.keys(plans).length > 0 && count === "origin")
        say("plans", "what the origin bears does not depend on who asks");
      if (on === "authFailure" && cost !== 1) say("cost", "a failed authentication is one unit");
      if (on === "authFailure" && count === "origin") {
        say("count", "a request whose authentication fails never goes to the origin");
      }
    })
    .transform(({ window, burst, plans, name, ...rest }) => ({
      ...rest,
      ...(plans !== undefined && {
        plans: Object.fromEntries(
          Object.entries(plans).map(([plan, units]) => [plan, completed(unitsOf(units))]),
        ),
      }),
      windowMs: window,
      burst: burst ?? rest.limit,
      name: name ?? rest.group ?? `${rest.limit}-per-${shortest(window)}`,
    }));
}

interface Units {
  readonly limit: number;
  readonly burst?: number | undefined;
}

function unitsOf(written: number | Units): Units {
  return typeof written === "number" ? { limit: written } : written;
}

function completed({ limit, burst = limit }: Units): PlanLimit {
  return { limit, burst };
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
