import type { When } from "../define.ts";
import type { CheckedRoute } from "./check-routes.ts";

/**
 * Reports routes that no request can reach, and variants of one route whose order nobody has fixed. Routes of one
 * method, host and path shape (parameter names do not tell paths apart) meet the same requests but for their `when`.
 */
export function checkDuplicates(routes: readonly CheckedRoute[]): void {
  const shapes = new Map<string, CheckedRoute[]>();
  for (const route of routes) {
    const key = shapeOf(route);
    const earlier = shapes.get(key);
    if (earlier === undefined) shapes.set(key, [route]);
    else {
      checkVariant(route, earlier);
      earlier.push(route);
    }
  }
}

function shapeOf({ pattern, when }: CheckedRoute): string {
  const segments = pattern.segments.map((segment) => {
    if (segment.kind === "static") return `=${segment.text}`;
    return segment.kind === "rest" ? "*" : `:{${segment.pattern ?? ""}}`;
  });
  return JSON.stringify([pattern.method, when?.host ?? "", ...segments]);
}

function checkVariant(route: CheckedRoute, earlier: readonly CheckedRoute[]): void {
  const first = earlier.find((other) => covers(other.when ?? {}, route.when ?? {}));
  if (first !== undefined) {
    const same = first.id === route.id ? "is declared twice" : `meets the same requests as ${first.id}`;
    const where = first.place.file === route.place.file ? "" : ` in ${first.place.file}`;
    const condition =
      Object.keys(first.when ?? {}).length === 0
        ? "has no `when`"
        : "has a `when` that always holds with its own";
    route.place.add(
      `can never be met: it ${same}${where}, and the first ${condition}`,
      "Remove one, or tell them apart with `when` in one list.",
    );
    return;
  }
  const elsewhere = earlier.find((other) => other.variants !== route.variants);
  if (elsewhere === undefined) return;
  route.place.add(
    `meets the same requests as ${elsewhere.id} in ${elsewhere.place.file}: nothing says which of the two is tried first`,
    "Write the variants of a route as one list.",
  );
}

/** Whether the first `when` holds whenever the second does. Hosts are equal already. */
function covers(first: When, second: When): boolean {
  if (first.content !== undefined && first.content !== second.content) return false;
  return (["header", "query", "cookie"] as const).every((part) => {
    const wanted = Object.entries(first[part] ?? {});
    return wanted.every(([name, value]) => {
      const given = second[part]?.[name];
      return given !== undefined && (value === true || value === given);
    });
  });
}
