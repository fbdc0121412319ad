import { boundedText } from "./bounded-text.ts";
import { parseKeySet } from "./parse-key-set.ts";
import type { VerificationKey } from "./verification-key.ts";

/** Key sets are a few KB; this is room for a hundred keys with their certificates. */
const MAX_BYTES = 256 * 1024;

const DEFAULT_FRESH_MS = 10 * 60_000;
const MIN_FRESH_MS = 60_000;
const MAX_FRESH_MS = 3_600_000;

/** A key set as it was read: its keys, its text for the shared tier, and for how long it is fresh. */
export interface ReadKeySet {
  readonly text: string;
  readonly keys: readonly VerificationKey[];
  readonly freshMs: number;
}

/** Reads an issuer's answer. @throws when it is no key set with at least one usable key. */
export async function readKeySet(response: Response): Promise<ReadKeySet> {
  const text = await boundedText(response, MAX_BYTES);
  return { text, keys: usableKeys(text), freshMs: freshness(response.headers.get("cache-control")) };
}

/** The keys of a key set's text. @throws when there are none that can be used. */
export function usableKeys(text: string): readonly VerificationKey[] {
  const parsed = parseKeySet(JSON.parse(text));
  if (typeof parsed === "string") throw new Error(parsed);
  if (parsed.keys.length === 0) {
    throw new Error(
      `it has no usable key${parsed.skipped.length > 0 ? `: ${parsed.skipped.join("; ")}` : ""}`,
    );
  }
  return parsed.keys;
}

/** `max-age` within bounds: an issuer must neither be asked at every request nor keep a lost key alive for a day. */
function freshness(cacheControl: string | null): number {
  const age = /(?:^|,)\s*max-age\s*=\s*"?(\d+)/i.exec(cacheControl ?? "")?.[1];
  if (age !== undefined) return Math.min(MAX_FRESH_MS, Math.max(MIN_FRESH_MS, Number(age) * 1_000));
  return /\bno-(?:store|cache)\b/i.test(cacheControl ?? "") ? MIN_FRESH_MS : DEFAULT_FRESH_MS;
}
