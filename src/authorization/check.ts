import type { RouteFacts } from "../policies/policy.ts";
import { missing, pathsOf } from "./check-paths.ts";
import type { CompiledAuthorize } from "./schema.ts";

/** What is wrong with rules on a route, and what to write instead. */
interface Mistake {
  readonly path: readonly string[];
  readonly reason: string;
  readonly suggestion?: string;
}

/** What of the rules cannot be there on this route: parameters of other paths, and callers where nobody is asked who they are. */
export function check({ rules }: CompiledAuthorize, facts: RouteFacts): Mistake[] {
  return rules.flatMap(({ when, ask }, index) => {
    const named = [
      ...pathsOf(when).map((path) => ({ path, below: [] as string[] })),
      ...Object.entries(ask?.input ?? {}).map(([name, path]) => ({ path, below: ["ask", "input", name] })),
    ];
    const place = ["rules", String(index)];
    return [...new Map(named.map((each) => [each.path.join("."), each])).values()].flatMap(
      ({ path, below }) =>
        missing(path, facts).map((mistake) => ({ ...mistake, path: [...place, ...below] })),
    );
  });
}

/** References are judged by {@link check}; none of them is read right of the cut. */
export function requestReferences(): [] {
  return [];
}

/** A route as the check over all routes sees it. */
interface OtherPolicies {
  readonly policies: ReadonlyArray<{ readonly name: string; readonly options: unknown }>;
}

/** What a service says to the origin is about one caller, and a cached answer is for others too. */
export function checkRoutes<Route extends OtherPolicies>(
  routes: readonly Route[],
): Array<Mistake & { readonly route: Route }> {
  return routes.flatMap((route) => {
    const { policies } = route;
    if (!policies.some(({ name }) => name === "cache")) return [];
    const own = policies.filter(({ name }) => name === "authorize");
    const rules = own.flatMap(({ options }) => (options as CompiledAuthorize).rules);
    return rules.flatMap(({ ask }, index) => {
      if (ask === undefined || ask.toOrigin.length === 0) return [];
      const reason = "would decide a response that is cached for others";
      const suggestion = "Leave it out, or take the cache from this route.";
      return [{ route, path: ["rules", String(index), "ask", "toOrigin"], reason, suggestion }];
    });
  });
}
