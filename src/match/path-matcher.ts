import { inAnyCase } from "./param-pattern.ts";
import { LENIENT } from "./path-policy.ts";
import { type PathSegment, parsePathPattern } from "./pattern.ts";
import { createRouter } from "./router.ts";
import { buildTrie } from "./trie.ts";

/**
 * Whether a normalised path falls under the `match` of a rule. The router itself decides, so that a rule and the
 * routes it guards can never read a path in two ways. A rule takes a path in any case and with or without a trailing
 * slash, whatever the gateway's own policy: many an origin does, and a guard must not know fewer doors than it. So
 * `/admin/*` covers `/admin` too.
 */
export function pathMatcher(match: string): (path: string) => boolean {
  const parsed = parsePathPattern(match);
  // The build has proved the pattern; were it broken all the same, no request may slip past the rule.
  if ("error" in parsed) throw new Error(`the pattern ${match} cannot be read: ${parsed.error}`);
  const pattern = { ...parsed, method: "ANY", segments: parsed.segments.map(leniently) };
  const router = createRouter(buildTrie([{ pattern, index: 0 }], LENIENT));
  return (path) => router.match("", "ANY", path).kind === "found";
}

/** The router leaves what a parameter's own pattern says to the pattern. */
function leniently(segment: PathSegment): PathSegment {
  if (segment.kind !== "param" || segment.pattern === undefined) return segment;
  return { ...segment, pattern: inAnyCase(segment.pattern) };
}
