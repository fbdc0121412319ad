import type { LimitState } from "../context.ts";

/**
 * The `RateLimit-Policy` and `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers-10 §3, §4): structured-field
 * lists with one item per limit. None for no limits.
 * @param states their names are sf-string contents: printable ASCII without `"` and `\`.
 */
export function rateLimitFields(
  states: readonly LimitState[],
): Array<readonly [name: string, value: string]> {
  if (states.length === 0) return [];
  let policy = "";
  let left = "";
  for (const { name, limit, window, remaining, reset } of states) {
    const comma = policy === "" ? "" : ", ";
    policy += `${comma}"${name}";q=${limit}`;
    if (window !== undefined) policy += `;w=${window}`;
    left += `${comma}"${name}";r=${remaining};t=${reset}`;
  }
  return [
    ["RateLimit-Policy", policy],
    ["RateLimit", left],
  ];
}

/**
 * Adds the fields to an answer that may have its origin's own. An origin's items stay as they are (§7.2: an
 * intermediary does not loosen them) and ours join its list. A field that is no list of strings, as older drafts
 * had it, is left alone without ours, since joining the two would make both unreadable.
 */
export function addRateLimitFields(headers: Headers, states: readonly LimitState[]): void {
  for (const [name, value] of rateLimitFields(states)) {
    const own = headers.get(name);
    if (own === null || own.startsWith('"')) headers.append(name, value);
  }
}

/** Whole seconds, rounded up, so that who waits them is never early. */
export function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
