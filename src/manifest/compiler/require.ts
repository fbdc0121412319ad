import type { Access, AccessRule } from "../../identity/declare.ts";
import { contains, overlaps } from "../../match/compare-patterns.ts";
import { type PathPattern, parsePathPattern } from "../../match/pattern.ts";
import type { RequireRule } from "../define.ts";

/** A rule that only some of a route's paths fall under, so that the request decides. */
export interface ConditionalRule {
  /** The rule's path pattern. */
  readonly match: string;
  readonly rule: AccessRule;
}

/** What a route asks once the gateway's `require` rules are added to its own access. */
export interface EffectiveAccess {
  readonly always: Access;
  readonly conditional: readonly ConditionalRule[];
}

/**
 * Adds the `require` rules to a route's access. A rule can only add: where all of the route's paths fall under
 * it, it holds always; where some may, the request's own path decides.
 */
export function requireAccess(
  access: Access,
  route: PathPattern,
  rules: readonly RequireRule[],
): EffectiveAccess {
  const always: AccessRule[] = access === "public" ? [] : [access];
  const conditional: ConditionalRule[] = [];
  for (const { match, access: rule } of rules) {
    for (const pattern of coveredBy(match)) {
      if (contains(pattern.parsed, route)) {
        always.unshift(rule);
        break;
      }
      if (overlaps(pattern.parsed, route)) conditional.push({ match: pattern.text, rule });
    }
  }
  const [first, ...more] = always;
  if (first === undefined) return { always: "public", conditional };
  return { always: more.length === 0 ? first : { allOf: [first, ...more] }, conditional };
}

/** `/admin/*` covers `/admin` too: nobody who guards a folder means to leave its door open. */
function coveredBy(match: string): Array<{ readonly text: string; readonly parsed: PathPattern }> {
  const texts = match.endsWith("/*") && match !== "/*" ? [match, match.slice(0, -2)] : [match];
  return texts.flatMap((text) => {
    const parsed = parsePathPattern(text);
    return "error" in parsed ? [] : [{ text, parsed }];
  });
}
