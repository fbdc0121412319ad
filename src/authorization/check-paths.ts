import { parsePathPattern } from "../match/pattern.ts";
import type { RouteFacts } from "../policies/policy.ts";
import { suggest } from "../schema/suggest.ts";
import type { Expression, Path } from "./language/expression.ts";

/** Why a path names nothing, and what to write instead. */
interface Missing {
  readonly reason: string;
  readonly suggestion?: string;
}

/** What is wrong with a path on a route: it names what no request there has. Build only. */
export function missing(
  [root, field, name]: Path,
  { authenticates, pattern }: Pick<RouteFacts, "authenticates" | "pattern">,
): Missing[] {
  if (root === "identity") {
    if (authenticates) return [];
    const reason = `identity.${field}: nobody is identified on a public route`;
    return [{ reason, suggestion: "Give the route a credential as its access." }];
  }
  if (field !== "params" || name === undefined) return [];
  const names = parameters(pattern);
  if (names.includes(name)) return [];
  const suggestion = suggest(name, names);
  const reason = `request.params.${name}: the path has no such parameter`;
  return [{ reason, ...(suggestion !== undefined && { suggestion }) }];
}

/** Where the pattern is none, that is told elsewhere. */
function parameters(pattern: string): readonly string[] {
  const parsed = parsePathPattern(pattern);
  return "error" in parsed ? [] : parsed.names;
}

/** What an expression reads. */
export function pathsOf(expression: Expression): Path[] {
  if ("and" in expression) return expression.and.flatMap(pathsOf);
  if ("or" in expression) return expression.or.flatMap(pathsOf);
  if ("not" in expression) return pathsOf(expression.not);
  if ("address" in expression) return [expression.address];
  if (!("compare" in expression)) return [];
  return [expression.left, expression.right].flatMap((side) => ("path" in side ? [side.path] : []));
}
