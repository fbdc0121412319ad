import type { PathSegment, RoutePattern } from "./pattern.ts";

/** A route's index with the names of its parameters, in the order of the path. */
export type Candidate = readonly [route: number, ...names: string[]];

/** The routes of one path: each method with its candidates in the order in which they are tried. */
export type PathRoutes = ReadonlyArray<readonly [method: string, candidates: readonly Candidate[]]>;

/** One segment's place in the tree. Lists of pairs, not objects: a segment may be called `__proto__`. */
export interface TrieNode {
  /** Routes whose path ends here. */
  readonly routes?: PathRoutes;
  /** Next segment by its decoded text. */
  readonly static?: ReadonlyArray<readonly [text: string, next: TrieNode]>;
  /** Next segment by regular expression, tried in this order. */
  readonly patterned?: ReadonlyArray<readonly [pattern: string, next: TrieNode]>;
  /** Any next segment that is not empty. */
  readonly param?: TrieNode;
  /** Routes that take whatever follows. */
  readonly rest?: PathRoutes;
}

/** All routes, by host. Plain JSON: made at build, read by the router. */
export interface TrieData {
  /** Hosts by their exact name. */
  readonly exact?: ReadonlyArray<readonly [host: string, root: TrieNode]>;
  /** `*.example.com` by its suffix `example.com`. */
  readonly wildcard?: ReadonlyArray<readonly [suffix: string, root: TrieNode]>;
  /** Routes that name no host. */
  readonly any?: TrieNode;
}

/** One route for {@link buildTrie}. */
export interface TrieEntry {
  readonly pattern: RoutePattern;
  /** `example.com` or `*.example.com`, lower case; absent: every host. */
  readonly host?: string;
  readonly index: number;
}

interface Branch {
  routes: Map<string, Candidate[]>;
  static: Map<string, Branch>;
  patterned: Map<string, Branch>;
  param: Branch | undefined;
  rest: Map<string, Candidate[]>;
}

/** Builds the tree the router walks. Candidates of one path and method stand in the order of their index. */
export function buildTrie(entries: readonly TrieEntry[]): TrieData {
  const exact = new Map<string, Branch>();
  const wildcard = new Map<string, Branch>();
  const any = newBranch();
  for (const { pattern, host, index } of entries.toSorted((a, b) => a.index - b.index)) {
    const root =
      host === undefined
        ? any
        : host.startsWith("*.")
          ? take(wildcard, host.slice(2), newBranch)
          : take(exact, host, newBranch);
    const routes = descend(root, pattern.segments);
    take(routes, pattern.method, () => []).push([index, ...pattern.names]);
  }
  return {
    ...(exact.size > 0 && { exact: nodes(exact) }),
    ...(wildcard.size > 0 && { wildcard: nodes(wildcard) }),
    ...(!isEmpty(any) && { any: node(any) }),
  };
}

function newBranch(): Branch {
  return { routes: new Map(), static: new Map(), patterned: new Map(), param: undefined, rest: new Map() };
}

function descend(root: Branch, segments: readonly PathSegment[]): Map<string, Candidate[]> {
  let branch = root;
  for (const segment of segments) {
    if (segment.kind === "rest") return branch.rest;
    if (segment.kind === "static") branch = take(branch.static, segment.text, newBranch);
    else if (segment.pattern !== undefined) branch = take(branch.patterned, segment.pattern, newBranch);
    else {
      branch.param ??= newBranch();
      branch = branch.param;
    }
  }
  return branch.routes;
}

function take<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function isEmpty({ routes, static: statics, patterned, param, rest }: Branch): boolean {
  return routes.size + statics.size + patterned.size + rest.size === 0 && param === undefined;
}

function node(branch: Branch): TrieNode {
  return {
    ...(branch.routes.size > 0 && { routes: [...branch.routes] }),
    ...(branch.static.size > 0 && { static: nodes(branch.static) }),
    // Sorted, so that the order in which files name their routes never decides.
    ...(branch.patterned.size > 0 && {
      patterned: nodes(branch.patterned).sort(([a], [b]) => (a < b ? -1 : 1)),
    }),
    ...(branch.param !== undefined && { param: node(branch.param) }),
    ...(branch.rest.size > 0 && { rest: [...branch.rest] }),
  };
}

function nodes(branches: Map<string, Branch>): Array<[string, TrieNode]> {
  return Array.from(branches, ([key, branch]) => [key, node(branch)]);
}
