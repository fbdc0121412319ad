import { createEntry, type Exchange, freshenEntry } from "./entry.ts";
import type { FreshnessRules } from "./freshness.ts";
import type { StoredEntry } from "./response-cache.ts";

/** What an origin's answer means for the store. */
export interface News {
  /** The origin has confirmed the stored response, whose body serves on. */
  readonly confirmed: boolean;
  /** What the client is answered with; undefined where the origin's answer goes to it as it is. */
  readonly entry: StoredEntry | undefined;
  /** Whether `entry` is stored, what was stored is dropped, or all stays as it was. */
  readonly store: "keep" | "drop" | "leave";
}

/** Answers of a moment: they say nothing of the resource. So does any 5xx. */
const PASSING = new Set([408, 429]);

/**
 * Judges an origin's answer to GET.
 * @param asked the stored response that the origin was asked to confirm, if it was.
 */
export function readNews(
  response: Response,
  asked: StoredEntry | undefined,
  exchange: Exchange,
  rules: FreshnessRules,
  tags: () => readonly string[],
): News {
  if (asked !== undefined && response.status === 304) {
    const { entry, storable } = freshenEntry(asked, response.headers, exchange, rules);
    return { confirmed: true, entry, store: storable ? "keep" : "drop" };
  }
  const entry = createEntry(response, exchange, rules, tags);
  if (entry !== undefined) return { confirmed: false, entry, store: "keep" };
  const passing = response.status >= 500 || PASSING.has(response.status);
  return { confirmed: false, entry: undefined, store: passing ? "leave" : "drop" };
}
