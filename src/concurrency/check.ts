import { keyReferences, repeated } from "../limits/check-keys.ts";
import type { RouteFacts } from "../policies/policy.ts";
import type { Concurrency } from "./limit.ts";

/** What is wrong with a limit on a route, and what to write instead. */
interface Mistake {
  readonly path: readonly string[];
  readonly reason: string;
  readonly suggestion: string;
}

/** What is wrong with one limit on a route. Build only. */
export function check(
  { plans }: Concurrency,
  { authenticates }: Pick<RouteFacts, "authenticates">,
): Mistake[] {
  if (plans === undefined || authenticates) return [];
  const reason = "nobody authenticates on a public route, so nobody has a plan";
  return [{ path: ["plans"], reason, suggestion: "Give the route a credential as its access." }];
}

/** What is wrong with several limits of one route together. Build only. */
export function checkAll(limits: readonly Concurrency[]): string[] {
  return repeated(limits.map(({ name }) => name)).map(
    (name) => `two limits are called "${name}": give each a \`name\` of its own`,
  );
}

/** The references of `by`. All are of the caller's half: a limit by anything but the route stands there. Build only. */
export function requestReferences({ by }: Concurrency) {
  return keyReferences("by", by).map((use) => ({ ...use, keyed: false }));
}

/** A route as the check over all routes sees it. */
interface LimitedRoute {
  readonly facts: Pick<RouteFacts, "id">;
  readonly policies: ReadonlyArray<{ readonly name: string; readonly options: unknown }>;
}

/** What is wrong with limits in the light of the route's other policies, and of its other variants. Build only. */
export function checkRoutes<Route extends LimitedRoute>(
  routes: readonly Route[],
): Array<Mistake & { readonly route: Route }> {
  const terms = new Map<string, string>();
  return routes.flatMap((route) => {
    const { facts, policies } = route;
    const socket = policies.some(({ name }) => name === "websocket");
    const limits = policies.filter(({ name }) => name === "concurrency");
    return limits.flatMap(({ options }) => {
      const limit = options as Concurrency;
      const mistakes: Mistake[] = [];
      if (socket && limit.until === "body") {
        const reason = "a WebSocket has no body whose end could be seen";
        mistakes.push({ path: ["until"], reason, suggestion: 'Write until: "headers".' });
      }
      // The variants of a route count together.
      const { name, mode: _, onStoreFailure: __, until: ___, ...own } = limit;
      const counter = JSON.stringify([facts.id, name, limit.scope, limit.by]);
      const said = JSON.stringify(own);
      if ((terms.get(counter) ?? said) !== said) {
        const reason = `it counts together with "${name}" on another variant of ${facts.id}, which is not the same`;
        mistakes.push({ path: ["name"], reason, suggestion: "Give each a `name` of its own." });
      }
      terms.set(counter, said);
      return mistakes.map((mistake) => ({ ...mistake, route }));
    });
  });
}
