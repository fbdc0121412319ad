import type { RequestContext } from "../context.ts";
import { privateContext } from "../keyed.ts";
import type { RateLimit } from "../limits/limit.ts";
import type { OverrideFunction } from "../limits/options.ts";
import type { Ruled } from "../limits/ruling.ts";
import { takeUnits } from "../limits/take-units.ts";
import type { Tools } from "../policies/policy.ts";
import { runHook } from "./hook.ts";

/** How long a user's function may take, in ms; never past the request's deadline. */
const TIMEOUT = 1_000;

/**
 * Asks a user's function what a limit is for a request. Where it throws, is late or gives what it should not, the limit
 * is as declared, and the access log says why.
 */
export function createOverride(
  run: OverrideFunction,
  limit: RateLimit,
  tools: Tools,
): (ctx: RequestContext) => Promise<Ruled> {
  const { name } = limit;
  const about = { name, route: tools.route.id };
  const hook = { run, timeout: TIMEOUT, onFailure: "allow" } as const;
  return (ctx) =>
    runHook<Ruled>(
      hook,
      {
        name: `override (${name})`,
        run: (context) => run(context, about),
        take: (given) => takeUnits(given, limit),
      },
      privateContext(ctx),
      tools,
    );
}
