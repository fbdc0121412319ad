import { compileParamPattern } from "./param-pattern.ts";
import { foldCase, type PathPolicy } from "./path-policy.ts";
import type { TrieData } from "./trie.ts";
import { HASH_START, Has, hash, hashOf, readNumber, spell, WIDTH, ZERO } from "./trie-text.ts";

/** A route that a request meets. */
export interface Found {
  readonly kind: "found";
  /** The route's index. */
  readonly route: number;
  /** Parameters, percent-decoded once; `*` holds the rest of the path, still encoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** The tree made ready for look-ups. */
export interface Tree {
  readonly bytes: Uint8Array;
  readonly patterns: readonly string[];
  /** Compiled when first met, by number. */
  readonly compiled: RegExp[];
  readonly names: TrieData["names"];
  readonly paths: PathPolicy;
}

/** One look-up as it goes through the tree. */
export interface Search {
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

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
/** In the place of a span's end: it is the rest of the path as it was sent. */
const REST = -1;
const SLASH = 47;
const PERCENT = 37;

/**
 * Walks down from a node: static segment, parameter with pattern, parameter, the rest; back where that leads nowhere.
 * @param node its address.
 * @param from where the segment begins in the path.
 * @param count how many parameters there are already.
 */
export function walk(search: Search, node: number, from: number, count: number): Found | undefined {
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
  let found: Found | undefined;
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
): Found | undefined {
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
function enter(search: Search, node: number, end: number, count: number): Found | undefined {
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

function choose(search: Search, routes: number): Found | undefined {
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

function found({ tree, path, sent, spans }: Search, route: number, list: number): Found {
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

function decode(segment: string): string {
  return segment.includes("%") ? decodeURIComponent(segment) : segment;
}
