import { ifNoneMatch } from "../http/etag.ts";
import { parseHttpDate } from "./http-date.ts";
import type { StoredEntry } from "./response-cache.ts";

/** Fields that describe the content a 304 does not have (RFC 9110 §15.4.5). */
const OF_THE_CONTENT = [
  "accept-ranges",
  "content-digest",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "digest",
  "repr-digest",
];

/**
 * Whether the client has this response already: its `If-None-Match`, or else its `If-Modified-Since`, says so
 * (RFC 9110 §13.2.2). A malformed condition holds for nothing, so the client gets the whole response.
 */
export function isNotModified(request: Headers, response: StoredEntry["headers"]): boolean {
  const noneMatch = request.get("if-none-match");
  if (noneMatch !== null) return !ifNoneMatch(noneMatch, response.etag ?? null);
  const since = parseHttpDate(request.get("if-modified-since"));
  const modified = since === undefined ? undefined : parseHttpDate(response["last-modified"] ?? null);
  return since !== undefined && modified !== undefined && modified <= since;
}

/** Makes the header fields of a 200 those of a 304 in its place. */
export function stripContentFields(headers: Record<string, string>): void {
  // The client finds its copy by the stronger of the two validators.
  if (headers.etag !== undefined) delete headers["last-modified"];
  for (const name of OF_THE_CONTENT) delete headers[name];
}

/** The condition with which to ask the origin for news of a stored response; undefined where it has no validator. */
export function revalidationOf({ headers }: StoredEntry): readonly [name: string, value: string] | undefined {
  if (headers.etag !== undefined) return ["if-none-match", headers.etag];
  const lastModified = headers["last-modified"];
  return lastModified === undefined ? undefined : ["if-modified-since", lastModified];
}
