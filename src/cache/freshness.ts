import { governingDirectives } from "./directives.ts";
import { parseHttpDate } from "./http-date.ts";
import type { StoredEntry } from "./response-cache.ts";

/** What the route says of freshness. Times in ms. */
export interface FreshnessRules {
  /** How long a response is fresh after its arrival, or that its origin says so. */
  readonly ttl: number | "origin";
  /** In place of the origin's own directive. */
  readonly staleWhileRevalidate?: number | undefined;
  /** In place of the origin's own directive. */
  readonly staleIfError?: number | undefined;
  /** Whether the cache key holds the identity, so that nobody else is ever given the response. */
  readonly perIdentity: boolean;
}

/** How long a response may be used. */
export type Freshness = Pick<StoredEntry, "freshUntil" | "staleUntil" | "errorUntil">;

/** Statuses that may be stored at all. The others are cheap to make, or dangerous to repeat. */
const STORABLE = new Set([200, 203, 300, 301, 308, 404, 410]);
/** Statuses that a route's `ttl` applies to: an error is kept only where the origin itself says for how long. */
const TTL_APPLIES = new Set([200, 203, 301, 308]);

/**
 * Decides whether a response to GET may be stored, and for how long (RFC 9111 §3 and §4.2, RFC 5861, RFC 9213).
 *
 * A route's `ttl` replaces the lifetime that the origin states. It never replaces a prohibition: `no-store` and
 * (unless the key holds the identity) `private` forbid storing, `no-cache`, `must-revalidate` and
 * `proxy-revalidate` forbid stale answers. (`s-maxage` forbids them too, unless the route or the origin itself says
 * for how long it means to have them.) There are no heuristics: without a lifetime nothing is stored.
 * @param bornAt from {@link bornAt}; the origin's lifetimes count from then, a route's `ttl` from `receivedAt`.
 * @returns undefined where the response must not be stored, or storing it would be of no use.
 */
export function judgeFreshness(
  status: number,
  headers: Headers,
  rules: FreshnessRules,
  bornAt: number,
  receivedAt: number,
): Freshness | undefined {
  if (!STORABLE.has(status)) return undefined;
  // A cookie is for one caller, whatever the other fields say.
  if (headers.has("set-cookie")) return undefined;
  const directives = governingDirectives(headers);
  if (directives.noStore || (directives.private && !rules.perIdentity)) return undefined;

  const freshUntil =
    rules.ttl !== "origin" && TTL_APPLIES.has(status)
      ? receivedAt + rules.ttl
      : originFreshUntil(headers, directives, bornAt, receivedAt);
  if (freshUntil === undefined) return undefined;

  const mayBeStale = !directives.noCache && !directives.mustRevalidate;
  const stale = (own: number | undefined, origins: number | undefined) =>
    freshUntil + (mayBeStale ? (own ?? (origins ?? 0) * 1_000) : 0);
  const staleUntil = stale(rules.staleWhileRevalidate, directives.staleWhileRevalidate);
  const errorUntil = stale(rules.staleIfError, directives.staleIfError);
  return Math.max(staleUntil, errorUntil) > receivedAt ? { freshUntil, staleUntil, errorUntil } : undefined;
}

function originFreshUntil(
  headers: Headers,
  { noCache, lifetime, targeted }: ReturnType<typeof governingDirectives>,
  bornAt: number,
  receivedAt: number,
): number | undefined {
  if (noCache) return receivedAt;
  if (lifetime !== undefined) return bornAt + lifetime * 1_000;
  // A targeted field that says nothing of time hides `Expires` as well (RFC 9213 §2.2).
  const expires = targeted ? null : headers.get("expires");
  if (expires === null) return undefined;
  // RFC 9111 §5.3: an invalid date, "0" above all, has passed.
  const end = parseHttpDate(expires) ?? 0;
  return bornAt + end - (parseHttpDate(headers.get("date")) ?? receivedAt);
}
