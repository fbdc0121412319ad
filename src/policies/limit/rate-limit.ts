import * as z from "zod";
import type { RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { counterKey } from "../../limits/counter-key.ts";
import { IDENTITY_PROPERTIES, keyPart, type LimitKey } from "../../limits/limit-key.ts";
import { addRateLimitFields, wholeSeconds } from "../../limits/ratelimit-fields.ts";
import type { Reference } from "../../references/template.ts";
import { duration } from "../../schema/duration.ts";
import type { Grant } from "../../stores/counters/counter-store.ts";
import type { Policy, Resolved, Tools, Verdict } from "../policy.ts";

/** A rate limit: a sliding window of requests per caller, counted for each route by itself. */
export interface RateLimitOptions {
  /** Requests per window and caller: 1 to 100 million. */
  readonly limit: number;
  /** Window: whole seconds from `"1s"` to `"1d"`. */
  readonly window: string;
  /**
   * What callers are told apart by: one value, or up to five together. Default `["identity.id"]` on routes that
   * authenticate, else `["address"]`. Without any `identity.*` the limit stands before authentication.
   * Callers without the value share one counter.
   */
  readonly by?: readonly LimitKey[];
  /**
   * The limit's name in the `RateLimit` fields and in its counter. Default such as `60-per-1m`; two limits of one
   * route need different names.
   */
  readonly name?: string;
  /** When the counters cannot be reached in time: `deny` (default) answers 503, `allow` lets requests through. */
  readonly onStoreFailure?: "allow" | "deny";
}

/** The options as checked: plain JSON. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
  readonly name: string;
  readonly by?: readonly LimitKey[] | undefined;
  readonly onStoreFailure: "allow" | "deny";
}

/** A route may have several limits. */
export const repeatable = true;

/** Together with the longest window this keeps the counters' arithmetic exact. */
const MAX_LIMIT = 100_000_000;

const HOW_BY =
  'must be "address", "route", "identity.id", "identity.claims.<name>", "headers.<name>", "params.<name>" or "query.<name>"';

/** Schema of the options; build only. */
export function options(): z.ZodType<RateLimit, RateLimitOptions> {
  const named = z.string().min(1);
  const key = z.union(
    [
      z.enum(["address", "route"]),
      z.templateLiteral(["identity.", z.enum(IDENTITY_PROPERTIES)]),
      z.templateLiteral(["identity.claims.", named]),
      z.templateLiteral(["headers.", z.string().regex(/[!#$%&'*+.^_`|~0-9A-Za-z-]+/)]),
      z.templateLiteral(["params.", named]),
      z.templateLiteral(["query.", named]),
    ],
    { error: HOW_BY },
  );
  return z
    .strictObject({
      limit: z.int().min(1).max(MAX_LIMIT),
      window: duration({ min: "1s", max: "1d" }).refine((ms) => ms % 1_000 === 0, "must be whole seconds"),
      by: z.array(key).min(1).max(5).readonly().optional(),
      name: z
        .string()
        .max(64)
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be letters, digits, dots, hyphens and underscores")
        .optional(),
      onStoreFailure: z.enum(["allow", "deny"]).optional(),
    })
    .transform(({ limit, window, by, name, onStoreFailure = "deny" }) => ({
      limit,
      windowMs: window,
      name: name ?? `${limit}-per-${shortest(window)}`,
      by,
      onStoreFailure,
    }));
}

/** What is wrong with several limits of one route together. */
export function checkAll(limits: readonly RateLimit[]): string[] {
  const names = limits.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `two limits are called "${name}": give each a \`name\` of its own`,
  );
}

/** The references of `by`, for the checks that all policies share. */
export function requestReferences({
  by = [],
}: RateLimit): ReadonlyArray<{ path: string[]; reference: Reference }> {
  return by.flatMap((key, index) => {
    const [root, ...rest] = key.split(".");
    return rest.length === 0 ? [] : [{ path: ["by", String(index)], reference: [root!, ...rest] as const }];
  });
}

/** Answers that already have the fields: each limit of a route is asked, and the first writes them for all. */
const written = new WeakSet<Headers>();

/** A limit for one route. */
export function create(options: Resolved<RateLimit>, { deps, route }: Pick<Tools, "deps" | "route">): Policy {
  const { limit, windowMs, name, onStoreFailure } = options;
  const { counters } = deps;
  const by = options.by ?? [route.authenticates ? "identity.id" : "address"];
  const parts = by.map(keyPart);
  // JSON ends where it ends, so no prefix is the beginning of another's key.
  const prefix = JSON.stringify([name, windowMs, by, route.id]);

  function check(ctx: RequestContext): Verdict | Promise<Verdict> {
    const key = counterKey(prefix, parts, ctx);
    return typeof key === "string" ? count(key, ctx) : key.then((digested) => count(digested, ctx));
  }

  function count(key: string, ctx: RequestContext): Verdict | Promise<Verdict> {
    if (counters.remote) return countShared(key, ctx);
    try {
      return settle(counters.take({ key, limit, windowMs, cost: 1 }), ctx);
    } catch (error) {
      return failed(error, ctx);
    }
  }

  async function countShared(key: string, ctx: RequestContext): Promise<Verdict> {
    const slot = ctx.budget.acquire();
    if (slot !== undefined) await slot;
    try {
      return settle(await counters.take({ key, limit, windowMs, cost: 1 }), ctx);
    } catch (error) {
      return failed(error, ctx);
    } finally {
      ctx.budget.release();
    }
  }

  function settle({ allowed, remaining, resetMs }: Grant, ctx: RequestContext): Refusal | undefined {
    const reset = wholeSeconds(resetMs);
    ctx.limits ??= [];
    ctx.limits.push({ name, limit, window: windowMs / 1_000, remaining, reset });
    if (allowed) return undefined;
    return refuse("rate-limited", {
      detail: `At most ${limit} requests per ${shortest(windowMs)} are allowed.`,
      headers: [["Retry-After", String(Math.max(1, reset))]],
      extensions: { "violated-policies": [name] },
    });
  }

  function failed(error: unknown, ctx: RequestContext): Refusal | undefined {
    ctx.record.notes ??= [];
    ctx.record.notes.push(`limit store failed: ${error instanceof Error ? error.message : String(error)}`);
    return onStoreFailure === "allow" ? undefined : refuse("store-unavailable", { cause: error });
  }

  function finalise(ctx: RequestContext, headers: Headers): void {
    if (ctx.limits === undefined || written.has(headers)) return;
    written.add(headers);
    addRateLimitFields(headers, ctx.limits);
  }

  return parts.some((part) => part.needsIdentity) ? { limit: check, finalise } : { guard: check, finalise };
}

/** The window in its largest whole unit, such as `1m`. */
function shortest(windowMs: number): string {
  for (const [unit, ms] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
  ] as const) {
    if (windowMs % ms === 0) return `${windowMs / ms}${unit}`;
  }
  return `${windowMs / 1_000}s`;
}
