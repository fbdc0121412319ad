import type { Identity } from "../identity.ts";
import { alternativeNames } from "./alternative-names.ts";
import { type ClientCertificate, fingerprintOf } from "./client-certificate.ts";
import { type Attributes, parseDistinguishedName } from "./distinguished-name.ts";

/** What of a certificate is asked for. What is given must hold, all of it. */
export interface CertificateRules {
  /** Attribute type, in upper case → one of these values. */
  readonly subject?: Attributes | undefined;
  readonly issuer?: Attributes | undefined;
  /** One of these, with its form before it; DNS names in lower case. */
  readonly san?: readonly string[] | undefined;
  /** One of these, in hexadecimal and lower case. */
  readonly fingerprints?: readonly string[] | undefined;
}

/**
 * Judges a certificate that the platform has verified. @param now ms since the epoch
 * @returns who it names, or the reason why it is refused
 */
export function judgeCertificate(
  certificate: ClientCertificate,
  rules: CertificateRules,
  now: number,
): Identity | string {
  const { certSubjectDNRFC2253: subjectName, certIssuerDNRFC2253: issuerName } = certificate;
  const fingerprint = fingerprintOf(certificate);
  const subject = attributesOf(subjectName);
  const issuer = attributesOf(issuerName);
  const expiresAt = Date.parse(certificate.certNotAfter);
  if (fingerprint === undefined || subject === undefined || issuer === undefined || Number.isNaN(expiresAt))
    return "the platform does not tell enough of the client certificate";
  // A connection may outlive the certificate that it was made with.
  if (now >= expiresAt) return "the client certificate has expired";
  const names = namesOf(certificate);
  if (!hasAll(subject, rules.subject)) return "the client certificate is of another subject";
  if (!hasAll(issuer, rules.issuer)) return "the client certificate is of another issuer";
  if (rules.san !== undefined && !names?.some((name) => rules.san?.includes(name)))
    return "the client certificate has none of the alternative names";
  if (rules.fingerprints !== undefined && !rules.fingerprints.includes(fingerprint))
    return "the client certificate is another";
  return Object.freeze({
    id: `mtls:${escaped(issuerName)}#${subjectName}`,
    subject: subjectName,
    issuer: issuerName,
    claims: Object.freeze({
      ...subject,
      fingerprint,
      serial: certificate.certSerial,
      san: Object.freeze(names ?? []),
    }),
    scopes: Object.freeze([]),
    credential: "mtls",
    key: fingerprint,
    expiresAt,
  });
}

/** A name without attributes names nobody. */
function attributesOf(name: unknown): Attributes | undefined {
  const attributes = typeof name === "string" ? parseDistinguishedName(name) : undefined;
  return attributes === undefined || Object.keys(attributes).length === 0 ? undefined : attributes;
}

function hasAll(attributes: Attributes, wanted: Attributes | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([type, values]) =>
    attributes[type]?.some((value) => values.includes(value)),
  );
}

/** The field is a byte sequence between colons (RFC 9440 §2.1); empty where the certificate is too large for it. */
function namesOf({ certRFC9440 }: Partial<ClientCertificate>): readonly string[] | undefined {
  const encoded = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(certRFC9440 ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    return alternativeNames(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** So that the first `#` of an id ends the issuer's name, whatever the names hold. */
function escaped(name: string): string {
  return name.replaceAll("%", "%25").replaceAll("#", "%23");
}
