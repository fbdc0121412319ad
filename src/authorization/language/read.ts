import type { RequestContext } from "../../context.ts";

/** What of a request expressions can see. */
export type Seen = Pick<
  RequestContext,
  "request" | "method" | "path" | "params" | "query" | "address" | "scheme" | "host" | "identity"
>;

/** Something about a request that cannot be judged, because it says two things at once. */
export class Ambiguous extends Error {
  constructor(what: string) {
    super(`${what} is there more than once`);
    this.name = "Ambiguous";
  }
}

/** Makes a path ready to be read. What is not there, and what is empty because nobody knows it, is undefined. */
export function reader([root, field = "", ...names]: readonly string[]): (seen: Seen) => unknown {
  if (root === "identity") {
    const path = [field, ...names];
    return ({ identity }) => dig(identity, path);
  }
  const [name = ""] = names;
  switch (field) {
    case "params":
      return ({ params }) => (Object.hasOwn(params, name) ? params[name] : undefined);
    case "query":
      return ({ query }) => single(query, name);
    case "headers":
      return ({ request }) => request.headers.get(name) ?? undefined;
    case "address":
      return ({ address }) => (address === "" ? undefined : address);
    case "method":
      return ({ method }) => method;
    case "path":
      return ({ path }) => path;
    case "scheme":
      return ({ scheme }) => scheme;
    default:
      return ({ host }) => host;
  }
}

/** An origin may take the first of two values, or the last: none of them says what is asked for. */
function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw new Ambiguous(`the query parameter "${name}"`);
  return value;
}

/** Inherited properties are none. */
function dig(from: unknown, names: readonly string[]): unknown {
  let value = from;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
