// Client certificates of the examples, by the names of their files, and what the platform says of them.
import { FINGERPRINT, PLAIN_CERTIFICATE, TLS_CLIENT_AUTH } from "../support/client-certificate.ts";

const orders = {
  ...TLS_CLIENT_AUTH,
  certIssuerDN: "CN=Tea CA",
  certIssuerDNRFC2253: "CN=Tea CA",
};

const CERTIFICATES: Readonly<Record<string, object>> = {
  "orders.pem": orders,
  "stranger.pem": {
    ...orders,
    certSubjectDN: "CN=plain",
    certSubjectDNRFC2253: "CN=plain",
    certFingerprintSHA256: "2b".repeat(32),
    certRFC9440: `:${PLAIN_CERTIFICATE}:`,
  },
  "expired.pem": { ...orders, certVerified: "FAILED:certificate has expired" },
  "revoked.pem": { ...orders, certRevoked: "1" },
};

/** What a token holds that is bound to `orders.pem` (RFC 8705 §3.1). */
export const CERTIFIED_BY = { "x5t#S256": Buffer.from(FINGERPRINT, "hex").toString("base64url") };

/** `request.cf` of a connection with this certificate, as JSON. */
export function platformSays(file: string): string {
  const tlsClientAuth = CERTIFICATES[file];
  if (tlsClientAuth === undefined) throw new Error(`there is no certificate ${file}`);
  return JSON.stringify({ tlsClientAuth });
}
