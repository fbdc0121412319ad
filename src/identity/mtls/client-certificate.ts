import type { RequestContext } from "../../context.ts";

/** What the platform tells of a client certificate that it has verified (`request.cf.tlsClientAuth`). */
export type ClientCertificate = IncomingRequestCfPropertiesTLSClientAuth;

/**
 * The connection's client certificate: undefined where none was presented, and the reason where it did not hold. The
 * platform has checked its chain, its dates and its CA's revocations; whatever is not plainly a success is none.
 */
export function clientCertificate({ request }: RequestContext): ClientCertificate | string | undefined {
  const { tlsClientAuth } = (request.cf ?? {}) as {
    readonly tlsClientAuth?: Partial<ClientCertificate> | null;
  };
  if (tlsClientAuth === undefined || tlsClientAuth === null || tlsClientAuth.certPresented !== "1")
    return undefined;
  if (tlsClientAuth.certVerified !== "SUCCESS") return "the client certificate was not verified";
  if (tlsClientAuth.certRevoked !== "0") return "the client certificate is revoked";
  return tlsClientAuth as ClientCertificate;
}

/** SHA-256 of a certificate, as 64 hexadecimal digits in lower case; undefined where the platform tells none. */
export function fingerprintOf({ certFingerprintSHA256 }: Partial<ClientCertificate>): string | undefined {
  const digits = typeof certFingerprintSHA256 === "string" ? certFingerprintSHA256.replaceAll(":", "") : "";
  return /^[0-9a-f]{64}$/i.test(digits) ? digits.toLowerCase() : undefined;
}
