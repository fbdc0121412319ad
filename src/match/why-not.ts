import { formatJsonPointer, valueAt } from "./json-pointer.ts";
import type { PathPolicy } from "./path-policy.ts";
import type { RoutePattern } from "./pattern.ts";
import { createRouter } from "./router.ts";
import { buildTrie, type TrieEntry } from "./trie.ts";
import { type Asked, accepts, acceptsBody, cookie, type Predicates } from "./when.ts";

/** A route as it is asked whether a request meets it. */
export interface Contender {
  readonly pattern: RoutePattern;
  readonly when?: (Predicates & Pick<TrieEntry, "host">) | undefined;
}

/** A request, taken apart as far as matching looks at it. */
export interface AskedRoute extends Asked {
  /** Lower case, as in the URL. */
  readonly host: string;
  readonly method: string;
  /** Normalised. */
  readonly path: string;
  /** What the body holds; undefined where it holds no JSON. */
  readonly json?: unknown;
}

/** What a request lacks to meet a route. */
export interface Miss {
  readonly predicate: "path" | "host" | "method" | "header" | "query" | "cookie" | "content" | "body";
  /** Of the header field, parameter or cookie, or the JSON Pointer of the field. */
  readonly name?: string;
  /** Absent where it only has to be there; a path pattern is its route's to tell. */
  readonly expected?: string | number | boolean | null;
  /** Undefined or null where it is not there. */
  readonly actual: unknown;
}

/**
 * Why a request does not meet a route, were there no other: the first thing that it lacks; undefined where it lacks
 * nothing. For whoever explains: the road decides by {@link createRouter} and {@link accepts}, and so does this.
 */
export function whyNot(route: Contender, asked: AskedRoute, paths?: PathPolicy): Miss | undefined {
  const { pattern, when = {} } = route;
  const { host, ...predicates } = when;
  const meets = (entry: Omit<TrieEntry, "index">) =>
    createRouter(buildTrie([{ ...entry, index: 0 }], paths)).match(asked.host, asked.method, asked.path);
  const anyMethod = { ...pattern, method: asked.method };
  if (meets({ pattern: anyMethod }).kind !== "found") return { predicate: "path", actual: asked.path };
  if (host !== undefined && meets({ pattern: anyMethod, host }).kind !== "found") {
    return { predicate: "host", expected: host, actual: asked.host };
  }
  if (meets({ pattern }).kind !== "found") {
    return { predicate: "method", expected: pattern.method, actual: asked.method };
  }
  return unmet(predicates, asked);
}

function unmet(when: Predicates, asked: AskedRoute): Miss | undefined {
  const { headers } = asked.request;
  const read = {
    header: (name: string) => headers.get(name),
    query: (name: string) => asked.query.get(name),
    cookie: (name: string) => cookie(headers.get("cookie"), name),
  };
  for (const predicate of ["header", "query", "cookie"] as const) {
    for (const [name, expected] of Object.entries(when[predicate] ?? {})) {
      if (accepts({ [predicate]: { [name]: expected } }, asked)) continue;
      return { predicate, name, ...(expected !== true && { expected }), actual: read[predicate](name) };
    }
  }
  const { content, body = [] } = when;
  if (content !== undefined && !accepts({ content }, asked)) {
    return { predicate: "content", expected: content, actual: headers.get("content-type") };
  }
  const test = body.find((each) => !acceptsBody({ body: [each] }, asked.json));
  if (test === undefined) return undefined;
  const [path, expected] = test;
  const actual = valueAt(asked.json, path);
  return {
    predicate: "body",
    name: formatJsonPointer(path),
    ...(expected !== undefined && { expected }),
    actual,
  };
}
