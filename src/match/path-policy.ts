import type { PathPattern, PathSegment } from "./pattern.ts";

/** How the path of a request may differ from a route's and still meet it. */
export interface PathPolicy {
  /** `strict`: `/a` and `/a/` are two paths. Else they are one; `redirect` sends a client to the declared one. */
  readonly trailingSlash: "strict" | "ignore" | "redirect";
  /** Of static segments. Parameters and their patterns always see what was sent. */
  readonly case: "sensitive" | "insensitive";
}

/** Paths are what they are. */
export const EXACT: PathPolicy = { trailingSlash: "strict", case: "sensitive" };

/** Paths as the most lenient of origins reads them. */
export const LENIENT: PathPolicy = { trailingSlash: "ignore", case: "insensitive" };

/** Whether every path has but one spelling. */
export function isExact(policy: PathPolicy): boolean {
  return policy.trailingSlash === "strict" && policy.case === "sensitive";
}

/** Brings a pattern to the form that all its spellings have in common. */
export function foldPattern<Pattern extends PathPattern>(pattern: Pattern, policy: PathPolicy): Pattern {
  let segments = pattern.segments;
  if (policy.case === "insensitive") segments = segments.map(foldSegment);
  if (policy.trailingSlash !== "strict") segments = withoutSlash(segments);
  return { ...pattern, segments };
}

/** The segments of a path without its trailing slash; `/` has none that could be taken away. */
export function withoutSlash(segments: readonly PathSegment[]): readonly PathSegment[] {
  const last = segments.at(-1);
  return segments.length > 1 && last?.kind === "static" && last.text === ""
    ? segments.slice(0, -1)
    : segments;
}

/**
 * The one case of a text. By way of upper case, because that is how some servers compare: to them `ſ`, whose lower
 * case is itself, is an `s`.
 */
export function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase();
}

function foldSegment(segment: PathSegment): PathSegment {
  return segment.kind === "static" ? { kind: "static", text: foldCase(segment.text) } : segment;
}
