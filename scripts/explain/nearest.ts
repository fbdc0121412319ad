import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import type { PathSegment } from "../../src/match/pattern.ts";
import { suggest } from "../../src/schema/suggest.ts";

/** Most routes that are named. */
const MOST = 3;
/** What two paths that have nothing to do with each other differ by, for each segment. */
const FOREIGN = 3;

/** The routes that a path without one may have been meant for: one slip of the pen away, or two. */
export function nearestRoutes(routes: readonly CheckedRoute[], path: string): readonly CheckedRoute[] {
  const sent = path.slice(1).split("/");
  return routes
    .map((route) => ({ route, distance: distance(sent, route.pattern.segments) }))
    .filter(({ distance }) => distance < FOREIGN)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MOST)
    .map(({ route }) => route);
}

function distance(sent: readonly string[], segments: readonly PathSegment[]): number {
  let sum = 0;
  for (let index = 0; index < Math.max(sent.length, segments.length); index++) {
    const segment = segments[index];
    const text = sent[index];
    if (segment?.kind === "rest") break;
    sum += segment === undefined || text === undefined ? 2 : between(text, segment);
  }
  return sum;
}

function between(text: string, segment: PathSegment): number {
  if (segment.kind !== "static") return text === "" ? FOREIGN : 0;
  if (segment.text === text) return 0;
  return text !== "" && suggest(text, [segment.text]) !== undefined ? 1 : FOREIGN;
}
