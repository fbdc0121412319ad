import { normalisePath } from "./normalise.ts";
import { checkParamPattern } from "./param-pattern.ts";

/** One segment of a path pattern. */
export type PathSegment =
  /** This text, percent-decoded; empty after a trailing slash. */
  | { readonly kind: "static"; readonly text: string }
  /** Any one segment that is not empty, or one that the regular expression matches as a whole. */
  | { readonly kind: "param"; readonly name: string; readonly pattern?: string }
  /** Whatever follows, slashes and nothing included. */
  | { readonly kind: "rest" };

/** A path pattern such as `/orders/:id{\d+}/*`. */
export interface PathPattern {
  readonly segments: readonly PathSegment[];
  /** Names of its parameters in order; `*` for the rest. */
  readonly names: readonly string[];
}

/** A route key such as `GET /orders/:id`, parsed. */
export interface RoutePattern extends PathPattern {
  /** One of {@link METHODS}; `ANY` stands for all of them. */
  readonly method: string;
}

/** Why a pattern is none, in words for the person who wrote it. */
export interface PatternError {
  readonly error: string;
}

/** Methods a route key may name. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"] as const;

const KEY = /^(\S+) (\/.*)$/s;
const PARAM = /^:([^{}]*)(?:\{(.*)\})?$/s;
const PARAM_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Parses a route key, `METHOD /path`. */
export function parseRouteKey(key: string): RoutePattern | PatternError {
  const [, method, path] = KEY.exec(key) ?? [];
  if (method === undefined || path === undefined) {
    return { error: "a route key is a method, one space and a path that begins with a slash" };
  }
  if (!METHODS.some((known) => known === method)) {
    return { error: `unknown method "${method}"; known are ${METHODS.join(", ")}` };
  }
  const pattern = parsePathPattern(path);
  return "error" in pattern ? pattern : { method, ...pattern };
}

/** Parses a path with `:name`, `:name{pattern}` and a trailing `*`. */
export function parsePathPattern(path: string): PathPattern | PatternError {
  if (!path.startsWith("/")) return { error: "a path begins with a slash" };
  const segments: PathSegment[] = [];
  const names: string[] = [];
  const texts = path.slice(1).split("/");
  for (const [index, text] of texts.entries()) {
    const last = index === texts.length - 1;
    if (text === "*" && !last) return { error: "`*` may only be the last segment" };
    if (text === "" && !last) return { error: "a path has no empty segments" };
    const segment = parseSegment(text);
    if ("error" in segment) return segment;
    const name = segment.kind === "rest" ? "*" : segment.kind === "param" ? segment.name : undefined;
    if (name !== undefined && names.includes(name)) return { error: `two parameters are called "${name}"` };
    if (name !== undefined) names.push(name);
    segments.push(segment);
  }
  return { segments, names };
}

function parseSegment(text: string): PathSegment | PatternError {
  if (text === "*") return { kind: "rest" };
  if (text.startsWith(":")) return parseParam(text);
  if (/[{}]/.test(text)) return { error: `write a parameter as ":name", not as "${text}"` };
  if (text.includes("*")) return { error: `"*" must be a segment of its own, not part of "${text}"` };
  const path = normalisePath(`/${text}`);
  if (typeof path !== "string") {
    return {
      error: `no request can have the segment "${text}": ${path.details.detail}${encodedAdvice(text)}`,
    };
  }
  return { kind: "static", text: decodeURIComponent(path.slice(1)) };
}

/** What to write in the place of a segment that is only not encoded. */
function encodedAdvice(text: string): string {
  const encoded = text.isWellFormed() ? encodeURI(text) : text;
  return typeof normalisePath(`/${encoded}`) === "string" ? ` Write "${encoded}".` : "";
}

function parseParam(text: string): PathSegment | PatternError {
  const [, name, pattern] = PARAM.exec(text) ?? [];
  if (name === undefined) return { error: `the braces of "${text}" do not match; a pattern holds no slash` };
  if (!PARAM_NAME.test(name)) {
    return { error: `"${name}" is no parameter name: letters, digits and "_", beginning with a letter` };
  }
  if (pattern === undefined) return { kind: "param", name };
  const reason = checkParamPattern(pattern);
  return reason === undefined
    ? { kind: "param", name, pattern }
    : { error: `the pattern of ":${name}" ${reason}` };
}
