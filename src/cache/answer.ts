import { type CacheOutcome, formatCacheStatus } from "./cache-status.ts";
import { isNotModified, stripContentFields } from "./conditional.ts";
import { discard, type Stored } from "./response-cache.ts";

/** The client's request, as far as an answer depends on it. */
export interface Asker {
  readonly method: string;
  readonly headers: Headers;
}

/**
 * Answers a client with a stored response, or with one that is being stored: 304 where it has it already, without
 * the body for HEAD. `Range` is ignored, as it may be (RFC 9110 §14.2).
 * @param age in seconds; undefined where the origin has just made or confirmed the response (RFC 9111 §5.1).
 */
export function answer(
  { entry, body }: Stored,
  asker: Asker,
  outcome: CacheOutcome,
  age: number | undefined,
): Response {
  const headers = { ...entry.headers };
  const member = formatCacheStatus(outcome);
  const nearer = headers["cache-status"];
  headers["cache-status"] = nearer === undefined ? member : `${nearer}, ${member}`;
  if (age !== undefined) headers.age = String(age);
  if (entry.status === 200 && isNotModified(asker.headers, headers)) {
    discard(body);
    stripContentFields(headers);
    return new Response(null, { status: 304, headers });
  }
  if (asker.method === "HEAD") {
    discard(body);
    return new Response(null, { status: entry.status, headers });
  }
  return new Response(body, { status: entry.status, headers });
}
