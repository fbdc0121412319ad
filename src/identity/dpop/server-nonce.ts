import { base64url } from "jose";

/** For so long one nonce is given out, in ms; it is accepted for as long again. */
const PERIOD_MS = 5 * 60_000;
/** As many bytes as the hash has: with fewer the secret is the weaker part. */
const MIN_SECRET_BYTES = 32;

/** Nonces that proofs must hold (RFC 9449 §9): the same in every isolate, and nobody else can tell the next. */
export interface ServerNonces {
  /** The one to give out now. @param now ms since the epoch */
  current(now: number): Promise<string>;
  /** Whether it is the current one, or the one before: then a new one is due. */
  judge(nonce: string | undefined, now: number): Promise<"current" | "due" | "refused">;
}

/** Makes nonces from a secret. @returns undefined where it is missing or shorter than 32 bytes */
export function createServerNonces(secret: string | undefined): ServerNonces | undefined {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < MIN_SECRET_BYTES) return undefined;
  const made = new Map<number, string>();
  let key: CryptoKey | undefined;
  const of = async (period: number): Promise<string> => {
    const known = made.get(period);
    if (known !== undefined) return known;
    key ??= await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const text = new TextEncoder().encode(`dpop-nonce ${period}`);
    const nonce = base64url.encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, text)));
    for (const old of made.keys()) if (old < period - 1) made.delete(old);
    made.set(period, nonce);
    return nonce;
  };
  const periodOf = (now: number) => Math.floor(now / PERIOD_MS);
  return {
    current: (now) => of(periodOf(now)),
    async judge(nonce, now) {
      // Nonces are public once given out, so the time that comparing takes tells nothing.
      const period = periodOf(now);
      if (nonce === (await of(period))) return "current";
      return nonce === (await of(period - 1)) ? "due" : "refused";
    },
  };
}
