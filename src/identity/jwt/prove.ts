import { compactVerify } from "jose";
import type { Algorithm } from "../keys/algorithms.ts";
import { selectKey } from "../keys/select-key.ts";
import type { VerificationKey } from "../keys/verification-key.ts";
import type { TokenHeader } from "./header.ts";

/** Whether a signature holds, and by which key. */
export type Proof =
  | { readonly key: VerificationKey }
  /** `unknown`: the issuer may have keys by now that would do. */
  | { readonly fault: string; readonly unknown: boolean };

/** Checks a token's signature (RFC 7515 §5.2) with the one key of the set that may have made it. Never throws. */
export async function prove(
  token: string,
  header: TokenHeader,
  keys: readonly VerificationKey[],
  allowed: readonly Algorithm[],
): Promise<Proof> {
  const key = selectKey(keys, header, allowed);
  if ("fault" in key) return key;
  let cryptoKey: CryptoKey;
  try {
    cryptoKey = await key.cryptoKey(header.alg);
  } catch {
    return { fault: "the issuer's key is no valid key", unknown: false };
  }
  try {
    await compactVerify(token, cryptoKey, { algorithms: [header.alg] });
    return { key };
  } catch {
    // Without a kid a rotated key looks like a wrong signature.
    return { fault: "the signature does not hold", unknown: header.kid === undefined };
  }
}
