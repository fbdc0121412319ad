import { parsePathPattern } from "./pattern.ts";
import { createRouter } from "./router.ts";
import { buildTrie } from "./trie.ts";

/**
 * Whether a normalised path falls under a path pattern. The router itself decides, so that a rule and the routes
 * it guards can never read a path in two ways.
 */
export function pathMatcher(match: string): (path: string) => boolean {
  const parsed = parsePathPattern(match);
  // The build has proved the pattern; were it broken all the same, no request may slip past the rule.
  if ("error" in parsed) throw new Error(`the pattern ${match} cannot be read: ${parsed.error}`);
  const router = createRouter(buildTrie([{ pattern: { method: "ANY", ...parsed }, index: 0 }]));
  return (path) => router.match("", "ANY", path).kind === "found";
}
