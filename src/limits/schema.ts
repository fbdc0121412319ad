import * as z from "zod";
import { duration } from "../schema/duration.ts";
import { mode } from "../schema/mode.ts";
import { countingMistakes, countingOf } from "./counting.ts";
import { headerSchema, limitKeysSchema, limitNameSchema, requestValueSchemas } from "./key-schema.ts";
import { MAX_FILLING, MAX_UNITS, type RateLimit, type Units } from "./limit.ts";
import type {
  ExemptOptions,
  OverrideFunction,
  PenaltyOptions,
  RateLimitOptions,
  ResponseCostOptions,
} from "./options.ts";
import { createPenalty, type Penalty } from "./penalty.ts";
import type { ResponseCost } from "./response-cost.ts";
import { shortest } from "./rule.ts";
import type { Exempt, Override } from "./ruling.ts";

const HOW_UNITS = "must be a whole number from 1, or { limit, burst? }";
const HOW_COST =
  'must be a whole number from 1, or "query.<name>", "headers.<name>", "params.<name>" or "identity.claims.<name>", or { response: "headers.<name>" }';

/** Schema of {@link RateLimitOptions}; build only. @param exempt, override schemas of what stands above limits */
export function rateLimitSchema(
  exempt: z.ZodType<Exempt, ExemptOptions>,
  override: z.ZodType<Override, OverrideFunction>,
): z.ZodType<RateLimit, RateLimitOptions> {
  const units = z.int().min(1).max(MAX_UNITS);
  const unitsByName = (none: string) =>
    z
      .record(
        z.string().min(1).max(128),
        z.union([units, z.strictObject({ limit: units, burst: units.optional() })], { error: HOW_UNITS }),
      )
      .refine((byName) => Object.keys(byName).length > 0, none);
  const values = requestValueSchemas();
  return z
    .strictObject({
      limit: units,
      window: duration({ min: "1s", max: "1d" }).refine((ms) => ms % 1_000 === 0, "must be whole seconds"),
      by: limitKeysSchema().optional(),
      absent: z.enum(["share", "refuse"]).default("share"),
      name: limitNameSchema().optional(),
      algorithm: z.enum(["slidingWindow", "fixedWindow", "tokenBucket"]).default("slidingWindow"),
      burst: units.optional(),
      plans: unitsByName("names no plan").optional(),
      consumers: unitsByName("names no consumer").optional(),
      override: override.optional(),
      exempt: exempt.optional(),
      cost: z.union([units, ...values, responseCostSchema()], { error: HOW_COST }).default(1),
      countRefused: z.boolean().default(false),
      on: z.enum(["request", "authFailure"]).default("request"),
      count: z.enum(["all", "origin"]).default("all"),
      group: limitNameSchema().optional(),
      counting: z.enum(["leased", "exact", "bounded"]).optional(),
      slack: units.optional(),
      shield: z
        .string()
        .regex(/^[A-Za-z_]\w*$/, "must be a binding's name")
        .optional(),
      penalty: penaltySchema().optional(),
      mode: mode(),
      onStoreFailure: z.enum(["allow", "deny"]).default("deny"),
    })
    .superRefine((written, ctx) => {
      const { limit, window, algorithm, burst, plans = {}, consumers = {}, cost, on, count } = written;
      const issue = (path: string[], message: string) => ctx.addIssue({ code: "custom", path, message });
      const judge = ({ limit, burst }: WrittenUnits, path: string[], of = "") => {
        if (burst !== undefined && algorithm !== "tokenBucket")
          issue([...path, "burst"], 'is for algorithm: "tokenBucket" alone');
        const capacity = burst ?? limit;
        if ((capacity * window) / limit > MAX_FILLING)
          issue([...path, "burst"], "must not take more than 30 days to flow in");
        const [least, at] = typeof cost === "object" ? [cost.atFirst, ["cost", "atFirst"]] : [cost, ["cost"]];
        if (typeof least === "number" && least > Math.max(1, capacity))
          issue(at, `must be at most ${capacity}: more could never be granted${of}`);
      };
      judge({ limit, burst }, []);
      for (const [plan, units] of Object.entries(plans))
        judge(unitsOf(units), ["plans", plan], ` on the plan ${plan}`);
      for (const [consumer, units] of Object.entries(consumers))
        judge(unitsOf(units), ["consumers", consumer], ` to ${consumer}`);
      for (const key of ["plans", "consumers", "override"] as const) {
        if (written[key] === undefined) continue;
        if (on === "authFailure") issue([key], "who fails to authenticate is nobody yet");
        if (count === "origin") issue([key], "what the origin bears does not depend on who asks");
      }
      if (written.exempt !== undefined && count === "origin")
        issue(["exempt"], "what the origin bears does not depend on who asks");
      if (written.exempt?.needsIdentity && on === "authFailure")
        issue(["exempt", "when"], "who fails to authenticate is nobody yet");
      if (on === "authFailure" && cost !== 1) issue(["cost"], "a failed authentication is one unit");
      if (on === "authFailure" && count === "origin") {
        issue(["count"], "a request whose authentication fails never goes to the origin");
      }
      const looks = typeof cost === "object" && cost.atFirst === 0;
      if (looks && written.countRefused)
        issue(["countRefused"], "what is refused has no answer to say what it costs: say cost.atFirst");
      if (written.shield !== undefined && written.countRefused)
        issue(["countRefused"], "what the shield refuses does not reach the counters");
      if (looks && written.counting !== undefined && written.counting !== "exact")
        issue(["counting"], 'what takes nothing at first is counted "exact": say cost.atFirst');
      for (const [key, message] of countingMistakes(written)) issue([key], message);
      if (written.override !== undefined && written.counting !== undefined && written.counting !== "exact")
        issue(["counting"], 'with an override units are counted "exact": leases are of one limit');
    })
    .transform(({ window, burst, plans, consumers, name, ...rest }) => ({
      ...rest,
      ...(plans !== undefined && { plans: completed(plans) }),
      ...(consumers !== undefined && { consumers: completed(consumers) }),
      windowMs: window,
      burst: burst ?? rest.limit,
      counting: asksAlways(rest) ? "exact" : countingOf({ ...rest, window, burst }),
      name: name ?? rest.group ?? `${rest.limit}-per-${shortest(window)}`,
    }));
}

/** Whether no isolate can spend by itself: what it has leased is of one limit, and cannot be looked at. */
function asksAlways({ override, cost }: Pick<RateLimit, "override" | "cost">): boolean {
  return override !== undefined || (typeof cost === "object" && cost.atFirst === 0);
}

function penaltySchema(): z.ZodType<Penalty, PenaltyOptions> {
  const time = (least: string) =>
    duration({ min: least, max: "1d" }).refine((ms) => ms % 1_000 === 0, "must be whole seconds");
  return z
    .strictObject({
      first: time("1s").default(10_000),
      most: time("1s").default(3_600_000),
      memory: time("1m").default(86_400_000),
    })
    .refine(({ first, most }) => first <= most, { path: ["most"], error: "must not be less than first" })
    .transform(({ first, most, memory }) => ({
      firstMs: first,
      mostMs: most,
      memoryMs: memory,
      create: createPenalty,
    }));
}

function responseCostSchema(): z.ZodType<ResponseCost, ResponseCostOptions> {
  const units = z.int().min(0).max(MAX_UNITS);
  return z.strictObject({
    response: headerSchema(),
    atFirst: units.default(0),
    otherwise: units.default(1),
  });
}

/** Units before `burst` is filled in. */
interface WrittenUnits {
  readonly limit: number;
  readonly burst?: number | undefined;
}

function unitsOf(written: number | WrittenUnits): WrittenUnits {
  return typeof written === "number" ? { limit: written } : written;
}

function completed(byName: Readonly<Record<string, number | WrittenUnits>>): Readonly<Record<string, Units>> {
  const entries = Object.entries(byName).map(([name, written]) => {
    const { limit, burst = limit } = unitsOf(written);
    return [name, { limit, burst }] as const;
  });
  return Object.fromEntries(entries);
}
