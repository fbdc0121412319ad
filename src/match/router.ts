import { EXACT, type PathPolicy } from "./path-policy.ts";
import type { TrieData } from "./trie.ts";
import { readNumber, WIDTH } from "./trie-text.ts";
import { type Found, type Search, type Tree, walk } from "./walk.ts";

/** What a router says of a request. */
export type Match =
  | Found
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

/**
 * Methods that `ANY` does not stand for: an origin that answers TRACE shows the client what the gateway added
 * (RFC 9110 §9.3.8), and CONNECT asks for a tunnel.
 */
const UNFORWARDABLE = ["TRACE", "TRACK", "CONNECT"];
const NONE: Match = { kind: "none" };

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

function walkWildcards(roots: ReadonlyMap<string, number>, host: string, search: Search): Found | undefined {
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const root = roots.get(host.slice(dot + 1));
    const found = root === undefined ? undefined : walk(search, root, 1, 0);
    if (found !== undefined) return found;
  }
  return undefined;
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

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  return colon > host.lastIndexOf("]") ? host.slice(0, colon) : host;
}
