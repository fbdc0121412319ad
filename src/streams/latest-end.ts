import type { Identity } from "../identity/identity.ts";

/** When a long-lived answer ends whatever happens on it, and why. */
export interface LatestEnd {
  /** ms since the epoch; `Infinity` for never. */
  readonly at: number;
  readonly reason: string;
  /** Whether the caller has nothing to show any more. */
  readonly expiry: boolean;
}

/**
 * A long-lived answer ends with the credential that it was given for, or when it has lasted as long as it may.
 * @param maxDuration in ms.
 */
export function latestEnd(
  identity: Pick<Identity, "expiresAt"> | undefined,
  maxDuration: number | undefined,
  now: number,
): LatestEnd {
  const expiry = identity?.expiresAt ?? Number.POSITIVE_INFINITY;
  const longest = now + (maxDuration ?? Number.POSITIVE_INFINITY);
  return expiry <= longest
    ? { at: expiry, reason: "credential expired", expiry: true }
    : { at: longest, reason: "longest duration reached", expiry: false };
}
