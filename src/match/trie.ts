import { EXACT, foldPattern, isExact, type PathPolicy } from "./path-policy.ts";
import type { PathSegment, RoutePattern } from "./pattern.ts";
import { Has, hashOf, spell, writeDigit, writeNumber } from "./trie-text.ts";

/** All routes, by host. Plain JSON: made at build, walked by the router as it is. */
export interface TrieData {
  /** How requests' paths are read; absent: as they are. */
  readonly paths?: PathPolicy;
  /** Hosts by their exact name, with the addresses of their nodes. */
  readonly exact: ReadonlyArray<readonly [host: string, root: number]>;
  /** `*.example.com` by its suffix `example.com`. */
  readonly wildcard: ReadonlyArray<readonly [suffix: string, root: number]>;
  /** Routes that name no host. */
  readonly any: number;
  /** The nodes: see trie-text.ts. */
  readonly text: string;
  /** What the text names by number: methods, regular expressions, and names of parameters in the order of a path. */
  readonly methods: readonly string[];
  readonly patterns: readonly string[];
  readonly names: ReadonlyArray<readonly string[]>;
}

/** One route for {@link buildTrie}. */
export interface TrieEntry {
  readonly pattern: RoutePattern;
  /** `example.com` or `*.example.com`, lower case; absent: every host. */
  readonly host?: string;
  readonly index: number;
}

/** Routes by method: each with the names of its parameters. */
type Routes = Map<string, Array<readonly [route: number, names: readonly string[]]>>;

interface Branch {
  readonly routes: Routes;
  readonly static: Map<string, Branch>;
  readonly patterned: Map<string, Branch>;
  param: Branch | undefined;
  readonly rest: Routes;
}

/** Builds the tree the router walks. Candidates of one path and method stand in the order of their index. */
export function buildTrie(entries: readonly TrieEntry[], paths: PathPolicy = EXACT): TrieData {
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
    const routes = descend(root, foldPattern(pattern, paths).segments);
    take(routes, pattern.method, () => []).push([index, pattern.names]);
  }
  const writer = new TrieWriter();
  const roots = (branches: Map<string, Branch>) =>
    Array.from(branches, ([host, branch]) => [host, writer.place(writer.node(branch))] as const);
  return {
    ...(!isExact(paths) && { paths }),
    exact: roots(exact),
    wildcard: roots(wildcard),
    any: writer.place(writer.node(any)),
    text: writer.text,
    methods: [...writer.methods.keys()],
    patterns: [...writer.patterns.keys()],
    names: Array.from(writer.names.keys(), (list) => JSON.parse(list) as string[]),
  };
}

function newBranch(): Branch {
  return { routes: new Map(), static: new Map(), patterned: new Map(), param: undefined, rest: new Map() };
}

function descend(root: Branch, segments: readonly PathSegment[]): Routes {
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

function take<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** Writes nodes one after the other, each after those below it, so that their addresses are known. */
class TrieWriter {
  /** Begins with what is no node, so that 0 is nobody's address. */
  text = " ";
  /** Numbers, by what they stand for. */
  readonly methods = new Map<string, number>();
  readonly patterns = new Map<string, number>();
  readonly names = new Map<string, number>();

  /** @returns the address */
  place(record: string): number {
    const address = this.text.length;
    this.text += record;
    return address;
  }

  /** Places all that is below a node. @returns the node itself, not placed yet */
  node({ routes, rest, static: statics, patterned, param }: Branch): string {
    let has = 0;
    let addresses = "";
    const add = (bit: number, record: string) => {
      has |= bit;
      addresses += writeNumber(this.place(record));
    };
    if (routes.size > 0) add(Has.routes, this.#routes(routes));
    if (rest.size > 0) add(Has.rest, this.#routes(rest));
    if (statics.size > 0) add(Has.static, this.#buckets(statics));
    if (patterned.size > 0) add(Has.patterned, this.#patterned(patterned));
    if (param !== undefined) add(Has.param, this.node(param));
    return writeDigit(has) + addresses;
  }

  #routes(routes: Routes): string {
    let record = writeNumber(routes.size);
    for (const [method, candidates] of routes) {
      record += this.#number(this.methods, method) + writeNumber(candidates.length);
      for (const [route, names] of candidates) {
        record += writeNumber(route) + this.#number(this.names, JSON.stringify(names));
      }
    }
    return record;
  }

  #buckets(children: Map<string, Branch>): string {
    const mask = 2 ** Math.ceil(Math.log2(children.size)) - 1;
    const buckets = new Array<number>(mask + 1).fill(0);
    for (const [segment, branch] of children) {
      const text = spell(segment);
      const bucket = hashOf(text) & mask;
      const node = this.node(branch);
      const child = writeNumber(buckets[bucket]!) + writeNumber(text.length) + text + node;
      buckets[bucket] = this.place(child);
    }
    return writeNumber(mask) + buckets.map(writeNumber).join("");
  }

  #patterned(branches: Map<string, Branch>): string {
    let record = writeNumber(branches.size);
    // Sorted, so that the order in which files name their routes never decides.
    for (const [pattern, branch] of [...branches].sort(([a], [b]) => (a < b ? -1 : 1))) {
      record += this.#number(this.patterns, pattern) + writeNumber(this.place(this.node(branch)));
    }
    return record;
  }

  #number(numbers: Map<string, number>, key: string): string {
    return writeNumber(take(numbers, key, () => numbers.size));
  }
}
