import type { AccessOptions, ConditionalRule } from "../../identity/access-schema.ts";
import type { AccessRule } from "../../identity/declare.ts";
import { contains, overlaps } from "../../match/compare-patterns.ts";
import { LENIENT } from "../../match/path-policy.ts";
import { type PathPattern, parsePathPattern } from "../../match/pattern.ts";
import type { RequireRule } from "../define.ts";

/** What a route asks once the gateway's `require` rules are added to its own access. */
export type EffectiveAccess = Required<AccessOptions>;

/**
 * Adds the `require` rules to a route's access. A rule can only add: where all of the route's paths fall under
 * it, it holds always; where some may, the request's own path decides (see `match/path-matcher.ts`, which reads paths as
 * leniently). A route's own rule on trial stays beside them, so it takes nothing from them.
 */
export function requireAccess(
  { always: own, onTrial: ownTrials = [] }: AccessOptions,
  route: PathPattern,
  rules: readonly RequireRule[],
): EffectiveAccess {
  const always: AccessRule[] = own === "public" ? [] : [own];
  const conditional: ConditionalRule[] = [];
  const onTrial = [...ownTrials];
  for (const { match, access: rule, mode } of rules) {
    const pattern = patternOf(match);
    if ("error" in pattern) continue;
    const everywhere = contains(pattern, route, LENIENT);
    if (!everywhere && !overlaps(pattern, route, LENIENT)) continue;
    if (mode === "report") onTrial.push(everywhere ? { rule } : { match, rule });
    else if (everywhere) always.unshift(rule);
    else conditional.push({ match, rule });
  }
  const [first, ...more] = always;
  const joined = first === undefined ? "public" : more.length === 0 ? first : { allOf: [first, ...more] };
  return { always: joined, conditional, onTrial };
}

/** By what was written: a few rules meet thousands of routes. */
const patterns = new Map<string, ReturnType<typeof parsePathPattern>>();

function patternOf(match: string) {
  const pattern = patterns.get(match) ?? parsePathPattern(match);
  patterns.set(match, pattern);
  return pattern;
}
