import { isJson, matchesMediaType } from "../http/media-type.ts";
import type { When } from "../manifest/define.ts";
import { type JsonPath, valueAt } from "./json-pointer.ts";

/** A value that a field of the body may be asked to equal. */
export type JsonScalar = string | number | boolean | null;

/** What one field of the body must be: the value, or without one just there. */
export type BodyTest = readonly [path: JsonPath, wanted?: JsonScalar];

/** What a route asks beside host, path and method, as the build has compiled it. */
export interface Predicates extends Omit<When, "host" | "body"> {
  readonly body?: readonly BodyTest[];
}

/** What predicates look at. */
export interface Asked {
  readonly request: Request;
  readonly query: URLSearchParams;
}

/** Whether every predicate holds, but for those of the body, which take its reading: {@link acceptsBody}. */
export function accepts(when: Predicates | undefined, asked: Asked): boolean {
  if (when === undefined) return true;
  const { headers } = asked.request;
  if (!holds(when.header, (name) => headers.get(name))) return false;
  // The query is parsed only where a predicate names it.
  if (!holds(when.query, (name) => asked.query.get(name))) return false;
  if (!holds(when.cookie, (name) => cookie(headers.get("cookie"), name))) return false;
  return when.content === undefined || matchesMediaType(when.content, headers.get("content-type") ?? "");
}

/**
 * Whether the request that a CORS preflight asks about may be accepted. Of that request a preflight has the query and
 * the names of fields; cookies, media type and body are yet to come.
 */
export function mayAccept(when: Predicates | undefined, preflight: Asked): boolean {
  if (when === undefined) return true;
  const { headers } = preflight.request;
  const named =
    headers
      .get("access-control-request-headers")
      ?.toLowerCase()
      .split(/[\t ]*,[\t ]*/) ?? [];
  return (
    accepts({ query: when.query ?? {} }, preflight) &&
    Object.keys(when.header ?? {}).every((name) => headers.has(name) || named.includes(name))
  );
}

/** Whether the body is as asked. @param json what it holds; undefined where it holds no JSON */
export function acceptsBody(when: Predicates | undefined, json: unknown): boolean {
  if (when?.body === undefined) return true;
  return when.body.every((test) => {
    const value = valueAt(json, test[0]);
    return test.length === 1 ? value !== undefined : value === test[1];
  });
}

/** Whether a request may have a body for {@link acceptsBody} to look at. */
export function bringsJson({ method, headers, body }: Request): boolean {
  return body !== null && method !== "GET" && method !== "HEAD" && isJson(headers.get("content-type") ?? "");
}

function holds(wanted: Predicates["header"], read: (name: string) => string | null): boolean {
  if (wanted === undefined) return true;
  for (const name in wanted) {
    const value = read(name);
    if (value === null || (wanted[name] !== true && wanted[name] !== value)) return false;
  }
  return true;
}

/** RFC 6265 §4.2.1: the first cookie of that name. */
export function cookie(header: string | null, name: string): string | null {
  for (const pair of header?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}
