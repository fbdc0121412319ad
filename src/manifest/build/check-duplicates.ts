import type { CheckedRoute } from "./check-routes.ts";

/**
 * Reports routes that no request can reach: two of one method, host and path shape (parameter names do not
 * tell paths apart), where the first has no `when` and so takes every request.
 */
export function checkDuplicates(routes: readonly CheckedRoute[]): void {
  const taken = new Map<string, CheckedRoute>();
  for (const route of routes) {
    const { host, ...predicates } = route.when ?? {};
    const shape = route.pattern.segments.map((segment) =>
      segment.kind === "static"
        ? segment.text
        : segment.kind === "rest"
          ? "*"
          : `:{${segment.pattern ?? ""}}`,
    );
    const key = JSON.stringify([route.pattern.method, host ?? "", ...shape]);
    const first = taken.get(key);
    if (first !== undefined) {
      const same = first.id === route.id ? "is declared twice" : `meets the same requests as ${first.id}`;
      route.place.add(
        `can never be met: it ${same}, and the first has no \`when\``,
        "Remove one, or tell them apart with `when` in one list.",
      );
    } else if (Object.keys(predicates).length === 0) {
      taken.set(key, route);
    }
  }
}
