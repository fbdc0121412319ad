import { compileParamPattern } from "./param-pattern.ts";
import { EXACT, foldCase, type PathPolicy } from "./path-policy.ts";
import type { TrieData } from "./trie.ts";
import { HASH_START, Has, hash, hashOf, readNumber, spell, WIDTH, ZERO } from "./trie-text.ts";

/** What a router says of a request. */
export type Match =
  | {
      readonly kind: "found";
      /** The route's index. */
      readonly route: number;
      /** Parameters, percent-decoded once; `*` holds the rest of the path, still encoded. */
      readonly params: Readonly<Record<string, string>>;
    }
  /** The path is there, but for none of its routes the method: 405 with these in `Allow`. */
  | { readonly kind: "method"; readonly allow: readonly string[] }
  | { readonly kind: "none" };

/** Finds the route for a request. */
export interface Router {
  /** How it reads paths. */
  readonly paths: PathPolicy;
  /**
   * @param host lower case, as in the URL: its port is ignored.
   * @param path normalised, so that it can be decoded and holds no dot segments.
   * @param accepts whether a route's predicates hold; a route they do not hold for is passed over, and the
   *   next candidate, then the next less specific path, then the next less specific host is tried.
   */
  match(host: string, method: string, path: string, accepts?: (route: number) => boolean): Match;
}

/** The tree made ready for look-ups. */
interface Tree {
  readonly bytes: Uint8Array;
  readonly patterns: readonly string[];
  /** Compiled when first met, by number. */
  readonly compiled: RegExp[];
  readonly names: TrieData["names"];
  readonly paths: PathPolicy;
}

/** One look-up as it goes through the tree. */
interface Search {
  readonly tree: Tree;
  /** Without the trailing slash where that does not count. */
  readonly path: string;
  /** The path as it was sent. */
  readonly sent: string;
  /** Numbers of the declared methods that serve the request's, best first. */
  readonly methods: readonly number[];
  readonly accepts: ((route: number) => boolean) | undefined;
  /**
   * Where in the path parameters begin and end, two numbers each, on the way down; overwritten when the search
   * turns back.
   */
  readonly spans: number[];
  /** Whether any path had the method, so that a miss is a 404. */
  methodFits: boolean;
  /** Addresses of the routes of paths that had not. */
  refused: number[] | undefined;
}

/**
 * Methods that `ANY` does not stand for: an origin that answers TRACE shows the client what the gateway added
 * (RFC 9110 §9.3.8), and CONNECT asks for a tunnel.
 */
const UNFORWARDABLE = ["TRACE", "TRACK", "CONNECT"];
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
const NONE: Match = { kind: "none" };
/** In the place of a span's end: it is the rest of the path as it was sent. */
const REST = -1;
const SLASH = 47;
const PERCENT = 37;

/**
 * Makes a router of a tree from the build. Precedence: host (exact, longest wildcard, any), then segment by
 * segment (static, parameter with pattern, parameter, wildcard), then method, then what `accepts` says.
 * A node stands at one depth and is visited at most once, so a match costs by the path's length.
 */
export function createRouter(trie: TrieData): Router {
  const { text, patterns, names, paths = EXACT } = trie;
  const tree: Tree = { bytes: new TextEncoder().encode(text), patterns, compiled: [], names, paths };
  const exact = new Map(trie.exact);
  const wildcard = new Map(trie.wildcard);
  const hasHosts = exact.size + wildcard.size > 0;
  const withSlash = paths.trailingSlash === "strict";
  const { served, others } = servedMethods(trie.methods);

  return {
    paths,
    match(host, method, path, accepts) {
      const search: Search = {
        tree,
        path: withSlash || path === "/" || !path.endsWith("/") ? path : path.slice(0, -1),
        sent: path,
        methods: served.get(method) ?? others,
        accepts,
        spans: [],
        methodFits: false,
        refused: undefined,
      };
      if (hasHosts) {
        const name = withoutPort(host);
        const root = exact.get(name);
        const found =
          (root === undefined ? undefined : walk(search, root, 1, 0)) ??
          walkWildcards(wildcard, name, search);
        if (found !== undefined) return found;
      }
      return walk(search, trie.any, 1, 0) ?? miss(search, trie.methods);
    },
  };
}

/** Numbers of the declared methods that serve each method, best first, and all that are not named. */
function servedMethods(declared: readonly string[]) {
  const numbers = (...methods: string[]) =>
    [...new Set(methods)].map((method) => declared.indexOf(method)).filter((number) => number !== -1);
  const served = new Map(declared.map((method) => [method, numbers(method, "ANY")]));
  served.set("HEAD", numbers("HEAD", "GET", "ANY"));
  for (const method of UNFORWARDABLE) served.set(method, numbers(method));
  return { served, others: numbers("ANY") };
}

function walkWildcards(roots: ReadonlyMap<string, number>, host: string, search: Search): Match | undefined {
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const root = roots.get(host.slice(dot + 1));
    const found = root === undefined ? undefined : walk(search, root, 1, 0);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * @param node its address.
 * @param from where the segment begins in the path.
 * @param count how many parameters there are already.
 */
function walk(search: Search, node: number, from: number, count: number): Match | undefined {
  const { path, spans } = search;
  const { bytes, paths } = search.tree;
  let spelt = paths.case === "sensitive";
  let hashed = HASH_START;
  let end = from;
  for (; end < path.length; end++) {
    const code = path.charCodeAt(end);
    if (code === SLASH) break;
    if (code === PERCENT) spelt = false;
    hashed = hash(hashed, code);
  }

  const has = bytes[node]! - ZERO;
  let at = node + 1;
  if (has & Has.routes) at += WIDTH;
  const rest = at;
  if (has & Has.rest) at += WIDTH;
  let found: Match | undefined;
  if (has & Has.static) {
    const buckets = readNumber(bytes, at);
    at += WIDTH;
    let next: number;
    if (spelt) next = findChild(bytes, buckets, hashed, path, from, end);
    else {
      // Compared in one spelling, so that no other slips past the route that names the segment.
      const segment = decode(path.slice(from, end));
      const text = spell(paths.case === "sensitive" ? segment : foldCase(segment));
      next = findChild(bytes, buckets, hashOf(text), text, 0, text.length);
    }
    if (next !== 0) {
      found = enter(search, next, end, count);
      if (found !== undefined) return found;
    }
  }
  if (end > from) {
    if (has & Has.patterned) {
      found = walkPatterned(search, readNumber(bytes, at), from, end, count);
      if (found !== undefined) return found;
      at += WIDTH;
    }
    if (has & Has.param) {
      spans[2 * count] = from;
      spans[2 * count + 1] = end;
      found = enter(search, readNumber(bytes, at), end, count + 1);
      if (found !== undefined) return found;
    }
  }
  if (!(has & Has.rest)) return undefined;
  spans[2 * count] = from;
  spans[2 * count + 1] = REST;
  return choose(search, readNumber(bytes, rest));
}

/** The node of the child whose text is `text` from `from` to `end`; 0 where there is none. */
function findChild(
  bytes: Uint8Array,
  buckets: number,
  hashed: number,
  text: string,
  from: number,
  end: number,
): number {
  const bucket = hashed & readNumber(bytes, buckets);
  let child = readNumber(bytes, buckets + WIDTH * (1 + bucket));
  for (; child !== 0; child = readNumber(bytes, child)) {
    if (readNumber(bytes, child + WIDTH) !== end - from) continue;
    const start = child + 2 * WIDTH;
    let index = from;
    while (index < end && text.charCodeAt(index) === bytes[start + index - from]) index++;
    if (index === end) return start + end - from;
  }
  return 0;
}

function walkPatterned(
  search: Search,
  list: number,
  from: number,
  end: number,
  count: number,
): Match | undefined {
  const { bytes, patterns, compiled } = search.tree;
  const segment = decode(search.path.slice(from, end));
  const stop = list + WIDTH * (1 + 2 * readNumber(bytes, list));
  for (let at = list + WIDTH; at < stop; at += 2 * WIDTH) {
    const number = readNumber(bytes, at);
    compiled[number] ??= compileParamPattern(patterns[number]!);
    if (!compiled[number].test(segment)) continue;
    search.spans[2 * count] = from;
    search.spans[2 * count + 1] = end;
    const found = enter(search, readNumber(bytes, at + WIDTH), end, count + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param end where the segment that led here ends in the path. */
function enter(search: Search, node: number, end: number, count: number): Match | undefined {
  if (end < search.path.length) return walk(search, node, end + 1, count);
  const { bytes, paths } = search.tree;
  const has = bytes[node]! - ZERO;
  let at = node + 1;
  if (has & Has.routes) {
    const found = choose(search, readNumber(bytes, at));
    if (found !== undefined) return found;
    at += WIDTH;
  }
  if (!(has & Has.rest) || paths.trailingSlash === "strict") return undefined;
  // `/a` is `/a/`, and so the folder of `/a/*`.
  search.spans[2 * count] = search.sent.length;
  search.spans[2 * count + 1] = REST;
  return choose(search, readNumber(bytes, at));
}

function choose(search: Search, routes: number): Match | undefined {
  const { bytes } = search.tree;
  const { accepts } = search;
  let fits = false;
  for (const wanted of search.methods) {
    let at = routes + WIDTH;
    for (let left = readNumber(bytes, routes); left > 0; left--) {
      const method = readNumber(bytes, at);
      const stop = at + WIDTH * (2 + 2 * readNumber(bytes, at + WIDTH));
      if (method === wanted) {
        fits = true;
        for (let candidate = at + 2 * WIDTH; candidate < stop; candidate += 2 * WIDTH) {
          const route = readNumber(bytes, candidate);
          if (accepts === undefined || accepts(route)) {
            return found(search, route, readNumber(bytes, candidate + WIDTH));
          }
        }
      }
      at = stop;
    }
  }
  if (fits) search.methodFits = true;
  else {
    search.refused ??= [];
    search.refused.push(routes);
  }
  return undefined;
}

function found({ tree, path, sent, spans }: Search, route: number, list: number): Match {
  const names = tree.names[list]!;
  if (names.length === 0) return { kind: "found", route, params: NO_PARAMS };
  const params: Record<string, string> = {};
  for (let index = 0; index < names.length; index++) {
    const from = spans[2 * index]!;
    const end = spans[2 * index + 1]!;
    params[names[index]!] = end === REST ? sent.slice(from) : decode(path.slice(from, end));
  }
  return { kind: "found", route, params };
}

function miss({ tree: { bytes }, methodFits, refused }: Search, methods: readonly string[]): Match {
  if (methodFits || refused === undefined) return NONE;
  const allow = new Set(["OPTIONS"]);
  for (const routes of refused) {
    let at = routes + WIDTH;
    for (let left = readNumber(bytes, routes); left > 0; left--) {
      const method = methods[readNumber(bytes, at)]!;
      allow.add(method);
      if (method === "GET") allow.add("HEAD");
      at += WIDTH * (2 + 2 * readNumber(bytes, at + WIDTH));
    }
  }
  return { kind: "method", allow: [...allow].sort() };
}

function decode(segment: string): string {
  return segment.includes("%") ? decodeURIComponent(segment) : segment;
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  return colon > host.lastIndexOf("]") ? host.slice(0, colon) : host;
}
