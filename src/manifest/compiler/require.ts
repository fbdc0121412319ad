import type { AccessOptions, ConditionalRule } from "../../identity/access-schema.ts";
import type { AccessRule } from "../../identity/declare.ts";
import { contains, overlaps } from "../../match/compare-patterns.ts";
import { type PathPattern, parsePathPattern } from "../../match/pattern.ts";
import type { RequireRule } from "../define.ts";

/** What a route asks once the gateway's `require` rules are added to its own access. */
export type EffectiveAccess = Required<AccessOptions>;

/**
 * Adds the `require` rules to a route's access. A rule can only add: where all of the route's paths fall under
 * it, it holds always; where some may, the request's own path decides. A route's own rule on trial stays beside
 * them, so it takes nothing from them.
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
    for (const pattern of coveredBy(match)) {
      const everywhere = contains(pattern.parsed, route);
      if (!everywhere && !overlaps(pattern.parsed, route)) continue;
      if (mode === "report") onTrial.push(everywhere ? { rule } : { match: pattern.text, rule });
      else if (everywhere) always.unshift(rule);
      else conditional.push({ match: pattern.text, rule });
      if (everywhere) break;
    }
  }
  const [first, ...more] = always;
  const joined = first === undefined ? "public" : more.length === 0 ? first : { allOf: [first, ...more] };
  return { always: joined, conditional, onTrial };
}

/** `/admin/*` covers `/admin` too: nobody who guards a folder means to leave its door open. */
function coveredBy(match: string): Array<{ readonly text: string; readonly parsed: PathPattern }> {
  const texts = match.endsWith("/*") && match !== "/*" ? [match, match.slice(0, -2)] : [match];
  return texts.flatMap((text) => {
    const parsed = parsePathPattern(text);
    return "error" in parsed ? [] : [{ text, parsed }];
  });
}
