import { compileParamPattern, inAnyCase, literalsOf } from "./param-pattern.ts";
import { EXACT, foldCase, type PathPolicy, withoutSlash } from "./path-policy.ts";
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

/**
 * Whether there may be a path that both patterns match. Two regular expressions count as overlapping.
 * @param policy how paths are read; where case does not count, patterns of parameters take any case too.
 */
export function overlaps(a: PathPattern, b: PathPattern, policy: PathPolicy = EXACT): boolean {
  const [some, others] = [segmentsOf(a, policy), segmentsOf(b, policy)];
  for (let index = 0; index < Math.max(some.length, others.length); index++) {
    const one = some[index];
    const other = others[index];
    const isEnd = one === undefined || other === undefined;
    // Where the slash does not count, `/a/*` matches `/a`.
    if (one?.kind === "rest" || other?.kind === "rest") return !isEnd || policy.trailingSlash !== "strict";
    if (isEnd || !segmentsOverlap(one, other, policy)) return false;
  }
  return true;
}

/** Whether every path that `inner` matches is surely matched by `outer`. @param policy as for {@link overlaps} */
export function contains(outer: PathPattern, inner: PathPattern, policy: PathPolicy = EXACT): boolean {
  const [some, others] = [segmentsOf(outer, policy), segmentsOf(inner, policy)];
  for (let index = 0; index < Math.max(some.length, others.length); index++) {
    const one = some[index];
    const other = others[index];
    if (one?.kind === "rest") return other !== undefined || policy.trailingSlash !== "strict";
    if (one === undefined || other === undefined || !segmentContains(one, other, policy)) return false;
  }
  return true;
}

function segmentsOf(pattern: PathPattern, { trailingSlash }: PathPolicy): readonly PathSegment[] {
  return trailingSlash === "strict" ? pattern.segments : withoutSlash(pattern.segments);
}

function rank(segment: PathSegment): number {
  return segment.kind === "param" && segment.pattern !== undefined ? RANK.patterned : RANK[segment.kind];
}

function segmentsOverlap(a: PathSegment, b: PathSegment, policy: PathPolicy): boolean {
  if (policy.case === "insensitive" && (excludes(a) || excludes(b))) return true;
  const texts = textsOf(a);
  const others = textsOf(b);
  if (texts !== undefined) return texts.some((text) => matches(b, text, policy));
  if (others !== undefined) return others.some((text) => matches(a, text, policy));
  return true;
}

function segmentContains(outer: PathSegment, inner: PathSegment, policy: PathPolicy): boolean {
  const texts = textsOf(inner);
  if (texts !== undefined) return texts.every((text) => matches(outer, text, policy));
  if (outer.kind !== "param" || inner.kind !== "param") return false;
  return outer.pattern === undefined || outer.pattern === inner.pattern;
}

/** Whether it may match a text in one case only because of what it leaves out: `[^a]` matches `A`. */
function excludes(segment: PathSegment): boolean {
  return segment.kind === "param" && segment.pattern !== undefined && /\[\^|\\W/.test(segment.pattern);
}

/** The texts a segment matches where they can be listed. */
function textsOf(segment: PathSegment): readonly string[] | undefined {
  if (segment.kind === "static") return [segment.text];
  return segment.kind === "param" && segment.pattern !== undefined ? literalsOf(segment.pattern) : undefined;
}

function matches(segment: PathSegment, text: string, policy: PathPolicy): boolean {
  const anyCase = policy.case === "insensitive";
  if (segment.kind === "static") {
    return segment.text === text || (anyCase && foldCase(segment.text) === foldCase(text));
  }
  if (segment.kind === "rest") return true;
  if (text === "" || segment.pattern === undefined) return text !== "";
  if (!anyCase) return compileParamPattern(segment.pattern).test(text);
  const pattern = compileParamPattern(inAnyCase(segment.pattern));
  return pattern.test(text) || pattern.test(foldCase(text));
}
