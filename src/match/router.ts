import { compileParamPattern } from "./param-pattern.ts";
import type { Candidate, PathRoutes, TrieData, TrieNode } from "./trie.ts";

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
  /**
   * @param host lower case, as in the URL: its port is ignored.
   * @param path normalised, so that it can be decoded and holds no dot segments.
   * @param accepts whether a route's predicates hold; a route they do not hold for is passed over, and the
   *   next candidate, then the next less specific path, then the next less specific host is tried.
   */
  match(host: string, method: string, path: string, accepts?: (route: number) => boolean): Match;
}

/** A node of the tree made ready for look-ups. */
interface Branch {
  readonly routes: PathRoutes | undefined;
  readonly static: ReadonlyMap<string, Branch> | undefined;
  readonly patterned: ReadonlyArray<readonly [pattern: RegExp, next: Branch]> | undefined;
  readonly param: Branch | undefined;
  readonly rest: PathRoutes | undefined;
}

/** One look-up as it goes through the tree. */
interface Search {
  readonly path: string;
  /** Declared methods that serve the request's, best first. */
  readonly methods: readonly string[];
  readonly accepts: ((route: number) => boolean) | undefined;
  /** Parameter values on the way down, overwritten when the search turns back. */
  readonly values: string[];
  /** Whether any path had the method, so that a miss is a 404. */
  methodFits: boolean;
  /** Paths that had not. */
  refused: PathRoutes[] | undefined;
}

/**
 * Methods that `ANY` does not stand for: an origin that answers TRACE shows the client what the gateway added
 * (RFC 9110 §9.3.8), and CONNECT asks for a tunnel.
 */
const UNFORWARDABLE: ReadonlySet<string> = new Set(["TRACE", "TRACK", "CONNECT"]);
const HEAD_METHODS = ["HEAD", "GET", "ANY"];
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
const NONE: Match = { kind: "none" };

/**
 * Makes a router of a tree from the build. Precedence: host (exact, longest wildcard, any), then segment by
 * segment (static, parameter with pattern, parameter, wildcard), then method, then what `accepts` says.
 * A node stands at one depth and is visited at most once, so a match costs by the path's length.
 */
export function createRouter(trie: TrieData): Router {
  const exact = branches(trie.exact);
  const wildcard = branches(trie.wildcard);
  const any = trie.any && branch(trie.any);

  return {
    match(host, method, path, accepts) {
      const search: Search = {
        path,
        methods: method === "HEAD" ? HEAD_METHODS : UNFORWARDABLE.has(method) ? [method] : [method, "ANY"],
        accepts,
        values: [],
        methodFits: false,
        refused: undefined,
      };
      if (exact !== undefined || wildcard !== undefined) {
        const name = withoutPort(host);
        const root = exact?.get(name);
        const found =
          (root && walk(root, search, 1, 0)) ?? (wildcard && walkWildcards(wildcard, name, search));
        if (found !== undefined) return found;
      }
      return (any && walk(any, search, 1, 0)) ?? miss(search);
    },
  };
}

function walkWildcards(roots: ReadonlyMap<string, Branch>, host: string, search: Search): Match | undefined {
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const root = roots.get(host.slice(dot + 1));
    const found = root && walk(root, search, 1, 0);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * @param from where the segment begins in the path.
 * @param count how many parameter values there are already.
 */
function walk(node: Branch, search: Search, from: number, count: number): Match | undefined {
  const { path } = search;
  const slash = path.indexOf("/", from);
  const raw = slash === -1 ? path.slice(from) : path.slice(from, slash);
  // Compared decoded, so that no spelling of a segment slips past the route that names it.
  const segment = raw.includes("%") ? decodeURIComponent(raw) : raw;

  let found: Match | undefined;
  const next = node.static?.get(segment);
  if (next !== undefined) {
    found = enter(next, search, slash, count);
    if (found !== undefined) return found;
  }
  if (segment !== "") {
    if (node.patterned !== undefined) {
      for (const [pattern, follower] of node.patterned) {
        if (!pattern.test(segment)) continue;
        search.values[count] = segment;
        found = enter(follower, search, slash, count + 1);
        if (found !== undefined) return found;
      }
    }
    if (node.param !== undefined) {
      search.values[count] = segment;
      found = enter(node.param, search, slash, count + 1);
      if (found !== undefined) return found;
    }
  }
  if (node.rest === undefined) return undefined;
  search.values[count] = path.slice(from);
  return choose(node.rest, search);
}

function enter(node: Branch, search: Search, slash: number, count: number): Match | undefined {
  if (slash !== -1) return walk(node, search, slash + 1, count);
  return node.routes && choose(node.routes, search);
}

function choose(routes: PathRoutes, search: Search): Match | undefined {
  let fits = false;
  for (const wanted of search.methods) {
    for (const [method, candidates] of routes) {
      if (method !== wanted) continue;
      fits = true;
      for (const candidate of candidates) {
        if (search.accepts === undefined || search.accepts(candidate[0]))
          return found(candidate, search.values);
      }
    }
  }
  if (fits) search.methodFits = true;
  else {
    search.refused ??= [];
    search.refused.push(routes);
  }
  return undefined;
}

function found(candidate: Candidate, values: readonly string[]): Match {
  if (candidate.length === 1) return { kind: "found", route: candidate[0], params: NO_PARAMS };
  const params: Record<string, string> = {};
  for (let index = 1; index < candidate.length; index++) {
    params[candidate[index] as string] = values[index - 1]!;
  }
  return { kind: "found", route: candidate[0], params };
}

function miss({ methodFits, refused }: Search): Match {
  if (methodFits || refused === undefined) return NONE;
  const allow = new Set(["OPTIONS"]);
  for (const routes of refused) {
    for (const [method] of routes) {
      allow.add(method);
      if (method === "GET") allow.add("HEAD");
    }
  }
  return { kind: "method", allow: [...allow].sort() };
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  return colon > host.lastIndexOf("]") ? host.slice(0, colon) : host;
}

function branches(nodes: TrieData["exact"]): ReadonlyMap<string, Branch> | undefined {
  return nodes && new Map(nodes.map(([key, node]) => [key, branch(node)]));
}

function branch({ routes, static: statics, patterned, param, rest }: TrieNode): Branch {
  return {
    routes,
    static: branches(statics),
    patterned: patterned?.map(([pattern, next]) => [compileParamPattern(pattern), branch(next)]),
    param: param && branch(param),
    rest,
  };
}
