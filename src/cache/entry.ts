import { bornAt } from "./age.ts";
import { LARGEST_BODY } from "./body.ts";
import { type Freshness, type FreshnessRules, judgeFreshness } from "./freshness.ts";
import type { StoredEntry } from "./response-cache.ts";
import { selectingFields, selectVariant } from "./vary.ts";

/** Codings that the runtime takes off when a body is read without them. */
const DECODED = new Set(["gzip", "br"]);
/**
 * What a 304 does not change in a stored response (RFC 9111 §3.2): its content, its validator, with which it was
 * just found, and what is never stored.
 */
const NOT_UPDATED = new Set([
  "age",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "keep-alive",
  "set-cookie",
  "transfer-encoding",
]);
/** What an origin says of this one answer or its caller. */
const OF_ONE_ANSWER = ["age", "ratelimit", "ratelimit-policy"];
/** How long an entry with a validator is kept once it can only be revalidated, in ms. */
const REVALIDATABLE = 24 * 60 * 60 * 1_000;

/** What an entry is made from beside the response. Times in ms since the epoch. */
export interface Exchange {
  /** The client's request header fields. */
  readonly request: Headers;
  readonly requestedAt: number;
  readonly receivedAt: number;
}

/** Makes the entry of a response to GET. @returns undefined where it must not, or cannot, be stored. */
export function createEntry(
  { status, headers }: Response,
  exchange: Exchange,
  rules: FreshnessRules,
  tags: () => readonly string[],
): StoredEntry | undefined {
  const made = bornAt(headers, exchange.requestedAt, exchange.receivedAt);
  const freshness = judgeFreshness(status, headers, rules, made, exchange.receivedAt);
  const fields = freshness && selectingFields(headers.get("vary"));
  if (fields === undefined || Number(headers.get("content-length") ?? 0) > LARGEST_BODY) return undefined;
  const kept = Object.fromEntries(headers);
  for (const name of OF_ONE_ANSWER) delete kept[name];
  if (isCoded(headers) && !takeOffCoding(kept)) return undefined;
  return {
    status,
    headers: kept,
    bornAt: made,
    ...freshness!,
    vary: selectVariant(fields, exchange.request),
    tags: tags(),
  };
}

/**
 * The entry of a stored response that the origin has just confirmed (RFC 9111 §4.3.4).
 * @returns also whether it may still be stored.
 */
export function freshenEntry(
  entry: StoredEntry,
  notModified: Headers,
  exchange: Exchange,
  rules: FreshnessRules,
): { readonly entry: StoredEntry; readonly storable: boolean } {
  const { requestedAt, receivedAt, request } = exchange;
  const merged = { ...entry.headers };
  for (const [name, value] of notModified) if (!NOT_UPDATED.has(name)) merged[name] = value;
  const headers = new Headers(merged);
  // The age of the confirmation, not of the stored response, counts from here on.
  const made = bornAt(notModified, requestedAt, receivedAt);
  const freshness = judgeFreshness(entry.status, headers, rules, made, receivedAt);
  const fields = selectingFields(headers.get("vary"));
  const over: Freshness = { freshUntil: receivedAt, staleUntil: receivedAt, errorUntil: receivedAt };
  return {
    entry: {
      ...entry,
      headers: merged,
      bornAt: made,
      ...(freshness ?? over),
      vary: selectVariant(fields ?? [], request),
    },
    storable: freshness !== undefined && fields !== undefined,
  };
}

/** Seconds for which a store should keep an entry. */
export function secondsOfUse(entry: StoredEntry, now: number): number {
  const { freshUntil, staleUntil, errorUntil, headers } = entry;
  const validator = headers.etag ?? headers["last-modified"];
  const until = Math.max(staleUntil, errorUntil, freshUntil + (validator === undefined ? 0 : REVALIDATABLE));
  return Math.ceil((until - now) / 1_000);
}

/** The length of an entry's body in bytes, where the origin has told it. */
export function lengthOf({ headers }: StoredEntry): number | undefined {
  const length = headers["content-length"];
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

function isCoded(headers: Headers): boolean {
  const coding = headers.get("content-encoding");
  return coding !== null && coding.trim().toLowerCase() !== "identity";
}

/**
 * Makes the header fields of a coded response those of its content once the coding is taken off. What was a strong
 * validator of the coded bytes is a weak one of these (RFC 9110 §8.8.3.3).
 * @returns false where the runtime does not know the coding, or the origin forbids changing it.
 */
function takeOffCoding(headers: Record<string, string>): boolean {
  if (!DECODED.has(headers["content-encoding"]!.trim().toLowerCase())) return false;
  if (/no-transform/i.test(headers["cache-control"] ?? "")) return false;
  delete headers["content-encoding"];
  delete headers["content-length"];
  const { etag } = headers;
  if (etag !== undefined && !etag.startsWith("W/")) headers.etag = `W/${etag}`;
  return true;
}
