import { compileParamPattern, literalsOf } from "./param-pattern.ts";
import type { PathPattern, PathSegment } from "./pattern.ts";

const RANK = { static: 0, patterned: 1, param: 2, rest: 3 } as const;

/**
 * Orders path patterns as the router tries them: negative when `a` is tried before `b`. Zero for two patterns
 * that overlap means that nothing but the text of their `{patterns}` decides between them.
 */
export function compareSpecificity(a: PathPattern, b: PathPattern): number {
  for (let index = 0; index < Math.min(a.segments.length, b.segments.length); index++) {
    const difference = rank(a.segments[index]!) - rank(b.segments[index]!);
    if (difference !== 0) return difference;
  }
  return b.segments.length - a.segments.length;
}

/** Whether there may be a path that both patterns match. Two regular expressions count as overlapping. */
export function overlaps(a: PathPattern, b: PathPattern): boolean {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index++) {
    const one = a.segments[index];
    const other = b.segments[index];
    if (one === undefined || other === undefined) return false;
    if (one.kind === "rest" || other.kind === "rest") return true;
    if (!segmentsOverlap(one, other)) return false;
  }
  return true;
}

/** Whether every path that `inner` matches is surely matched by `outer`. */
export function contains(outer: PathPattern, inner: PathPattern): boolean {
  const length = Math.max(outer.segments.length, inner.segments.length);
  for (let index = 0; index < length; index++) {
    const one = outer.segments[index];
    const other = inner.segments[index];
    if (one === undefined || other === undefined) return false;
    if (one.kind === "rest") return true;
    if (!segmentContains(one, other)) return false;
  }
  return true;
}

function rank(segment: PathSegment): number {
  return segment.kind === "param" && segment.pattern !== undefined ? RANK.patterned : RANK[segment.kind];
}

function segmentsOverlap(a: PathSegment, b: PathSegment): boolean {
  const texts = textsOf(a);
  const others = textsOf(b);
  if (texts !== undefined) return texts.some((text) => matches(b, text));
  if (others !== undefined) return others.some((text) => matches(a, text));
  return true;
}

function segmentContains(outer: PathSegment, inner: PathSegment): boolean {
  const texts = textsOf(inner);
  if (texts !== undefined) return texts.every((text) => matches(outer, text));
  if (outer.kind !== "param" || inner.kind !== "param") return false;
  return outer.pattern === undefined || outer.pattern === inner.pattern;
}

/** The texts a segment matches where they can be listed. */
function textsOf(segment: PathSegment): readonly string[] | undefined {
  if (segment.kind === "static") return [segment.text];
  return segment.kind === "param" && segment.pattern !== undefined ? literalsOf(segment.pattern) : undefined;
}

function matches(segment: PathSegment, text: string): boolean {
  if (segment.kind === "static") return segment.text === text;
  if (segment.kind === "rest") return true;
  return text !== "" && (segment.pattern === undefined || compileParamPattern(segment.pattern).test(text));
}
