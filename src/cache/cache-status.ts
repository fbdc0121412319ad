/** What the cache did with a request, for the `Cache-Status` field. */
export type CacheOutcome =
  | { readonly hit: true; readonly ttl: number; readonly detail?: StaleReason }
  | {
      readonly forwarded: "miss" | "stale" | "bypass";
      /** The status of the origin's answer, where it is not the status that the client gets. */
      readonly status?: number;
      readonly stored?: boolean;
      readonly ttl?: number;
      readonly detail?: StaleReason;
    };

/** Why a stale response was served. */
export type StaleReason = "stale-while-revalidate" | "stale-if-error";

/**
 * The gateway's member of `Cache-Status` (RFC 9211 §2). It goes after the members of caches nearer to the origin.
 * `ttl` is in seconds; below zero it says for how long the response has been stale.
 */
export function formatCacheStatus(outcome: CacheOutcome): string {
  let member = "isogate";
  if ("hit" in outcome) member += "; hit";
  else {
    member += `; fwd=${outcome.forwarded}`;
    if (outcome.status !== undefined) member += `; fwd-status=${outcome.status}`;
    if (outcome.stored) member += "; stored";
  }
  if (outcome.ttl !== undefined) member += `; ttl=${outcome.ttl}`;
  if (outcome.detail !== undefined) member += `; detail=${outcome.detail}`;
  return member;
}
