import { base64url } from "jose";
import type { Identity } from "../identity.ts";
import { BEARER } from "../jwt/bearer.ts";
import { CHALLENGE, invalidToken } from "../jwt/challenge.ts";
import type { ProofOfPossession, TokenCheck } from "../jwt/token-check.ts";
import { clientCertificate, fingerprintOf } from "./client-certificate.ts";

/** RFC 8705 §3.1. */
const MEMBER = "x5t#S256";

/**
 * Makes the check that a token is presented over a connection whose client certificate is the one that it is bound to
 * (RFC 8705 §3).
 */
export function createCertificateBinding(): ProofOfPossession {
  return { scheme: BEARER, challenge: CHALLENGE, withheld: [], check };
}

const check: TokenCheck = (identity, ctx) => {
  const bound = boundTo(identity);
  if (bound === undefined) return invalidToken("the token is not bound to a certificate");
  const certificate = clientCertificate(ctx);
  if (certificate === undefined) return invalidToken("no client certificate was presented");
  if (typeof certificate === "string") return invalidToken(certificate);
  return fingerprintOf(certificate) === bound
    ? undefined
    : invalidToken("the token is bound to another certificate");
};

/** The fingerprint in hexadecimal; a token that is bound in a further way owes more than is checked here. */
function boundTo({ claims: { cnf } }: Identity): string | undefined {
  if (typeof cnf !== "object" || cnf === null) return undefined;
  const { [MEMBER]: hash, ...more } = cnf as Readonly<Record<string, unknown>>;
  if (typeof hash !== "string" || Object.keys(more).length > 0) return undefined;
  try {
    const bytes = base64url.decode(hash);
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return undefined;
  }
}
