import type { InnerList } from "../../http/structured-fields.ts";
import { OUT_OF_TIME } from "./time.ts";

/** What a signature must say of itself. Times in ms. */
export interface ParameterRules {
  /** Component names that must be covered. */
  readonly components: readonly string[];
  readonly maxAge: number;
  /** How far the signer's clock may be from ours. */
  readonly tolerance: number;
  readonly nonce: boolean;
  readonly tag?: string | undefined;
}

/** What an acceptable signature says. */
export interface Acceptable {
  readonly nonce: string | undefined;
  /** When nobody accepts it any more, in ms since the epoch. */
  readonly end: number;
}

const NONCE_LENGTHS = [8, 256] as const;

/**
 * Judges what a signature covers, and its parameters (RFC 9421 §2.3 and §3.2.1). `created` must be there.
 * @param algorithm of the key that it names
 * @param now ms since the epoch
 * @returns the reason, where it is refused; {@link OUT_OF_TIME} where it is not of now
 */
export function judgeParameters(
  { items, parameters }: InnerList,
  algorithm: string,
  { components, maxAge, tolerance, nonce: asksNonce }: ParameterRules,
  now: number,
): Acceptable | string {
  const covered = new Set(items.filter((item) => item.parameters.size === 0).map(({ value }) => value));
  const missing = components.find((name) => !covered.has(name));
  if (missing !== undefined) return `${missing} is not covered`;
  const alg = parameters.get("alg");
  if (alg !== undefined && alg !== algorithm) return "the algorithm is not that of the key";
  const created = milliseconds(parameters.get("created"));
  if (created === undefined) return "created is missing or no time";
  const expires = parameters.has("expires") ? milliseconds(parameters.get("expires")) : created + maxAge;
  if (expires === undefined) return "expires is no time";
  const end = Math.min(created + maxAge, expires) + tolerance;
  if (created > now + tolerance || end <= now) return OUT_OF_TIME;
  const nonce = parameters.get("nonce");
  if (nonce === undefined ? asksNonce : !isNonce(nonce)) return "the nonce is missing or malformed";
  return { nonce: nonce as string | undefined, end };
}

function milliseconds(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) * 1_000 : undefined;
}

function isNonce(value: unknown): boolean {
  const [least, most] = NONCE_LENGTHS;
  return typeof value === "string" && value.length >= least && value.length <= most;
}
