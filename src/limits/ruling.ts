import type { createExemption } from "../authorization/exemption.ts";
import type { Expression } from "../authorization/language/expression.ts";
import type { RequestContext } from "../context.ts";
import type { createOverride } from "../functions/limit-override.ts";
import type { Tools } from "../policies/policy.ts";
import type { RateLimit, Units } from "./limit.ts";
import type { OverrideFunction } from "./options.ts";

/** What a limit is for one request: other units than declared, no limit at all, or as declared. */
export type Ruled = Units | "exempt" | undefined;

/** Says of each request what a limit is for it. Never throws or rejects. */
export type Ruling = (ctx: RequestContext) => Ruled | Promise<Ruled>;

/** Who is exempt, as the build leaves it. */
export interface Exempt {
  readonly when: Expression;
  /** Whether it asks who calls. */
  readonly needsIdentity: boolean;
  readonly create: typeof createExemption;
}

/** A user's function, and what runs it. */
export interface Override {
  readonly run: OverrideFunction;
  readonly create: typeof createOverride;
}

/** Makes ready what a limit is for single requests: who is exempt comes first. Undefined where it is the same for all. */
export function rulingOf(limit: RateLimit, tools: Tools): Ruling | undefined {
  const exempts = limit.exempt?.create(limit.exempt.when, limit.name);
  const override = limit.override?.create(limit.override.run, limit, tools);
  if (exempts === undefined) return override;
  return (ctx) => (exempts(ctx) ? "exempt" : override?.(ctx));
}
