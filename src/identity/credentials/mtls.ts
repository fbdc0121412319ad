import * as z from "zod";
import { refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import type { Identity } from "../identity.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { rightsJudge } from "../judge-rights.ts";
import { clientCertificate, fingerprintOf } from "../mtls/client-certificate.ts";
import type { Attributes } from "../mtls/distinguished-name.ts";
import { type CertificateRules, judgeCertificate } from "../mtls/judge-certificate.ts";
import { oneOrMany } from "./schema-parts.ts";

/** Attribute type of a distinguished name, such as `CN` or `OU` → the value it must have, or one of them. */
export type NameOptions = Readonly<Record<string, string | readonly string[]>>;

/**
 * Options of the `mtls` credential: the client certificate of the connection, which the platform has asked for and
 * verified. What is given must hold, all of it; `{}` takes every certificate that the zone's CAs have issued.
 */
export interface MtlsOptions {
  /** Attributes of the certificate's subject. */
  readonly subject?: NameOptions;
  /** Attributes of its issuer. Name it where the zone trusts several CAs: each could issue the same subject. */
  readonly issuer?: NameOptions;
  /** Subject alternative names of which it must have one: `"dns:api.partner.example"`, `"uri:spiffe://…"`, `"email:…"`. */
  readonly san?: string | readonly string[];
  /** SHA-256 fingerprints, in hexadecimal, with or without colons: it must be one of these certificates. */
  readonly fingerprints?: string | readonly string[];
}

/** Certificates remembered for each declaration. */
const REMEMBERED = 500;
const CHALLENGE = 'ClientCertificate realm="api"';

/** Schema of {@link MtlsOptions}. Build only. */
export function options(): z.ZodType<CertificateRules, MtlsOptions> {
  return z.strictObject({
    subject: name().optional(),
    issuer: name().optional(),
    san: oneOrMany(
      z
        .string()
        .regex(/^(?:dns|uri|email):[\x21-\x7e]+$/, 'must be "dns:…", "uri:…" or "email:…" in ASCII')
        .transform((text) => (text.startsWith("dns:") ? text.toLowerCase() : text)),
    ).optional(),
    fingerprints: oneOrMany(
      z
        .string()
        .regex(/^(?:[0-9a-f]{2}:?){32}$/i, "must be a SHA-256 fingerprint: 64 hexadecimal digits")
        .transform((text) => text.replaceAll(":", "").toLowerCase()),
    ).optional(),
  });
}

function name(): z.ZodType<Attributes, NameOptions> {
  const type = z
    .string()
    .regex(/^(?:[A-Za-z][\w-]*|\d+(?:\.\d+)+)$/, "is not an attribute type, such as CN or OU");
  return z
    .record(type, oneOrMany(z.string().min(1)))
    .refine((attributes) => Object.keys(attributes).length > 0, "must name an attribute")
    .transform((attributes) =>
      Object.fromEntries(Object.entries(attributes).map(([key, values]) => [key.toUpperCase(), values])),
    ) as z.ZodType<Attributes, NameOptions>;
}

/**
 * Makes the credential. Whether the certificate was verified is asked at every request; what it says is worked out once
 * for its fingerprint, which stands for every byte of it.
 */
export function create(
  rules: Resolved<CertificateRules>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const judged = new ExpiringCache<Identity>(REMEMBERED);
  const judge = rightsJudge(requirements, (cause) => refuse("insufficient-rights", { cause }));
  return {
    challenge: CHALLENGE,
    withheld: [],
    verify(ctx) {
      const certificate = clientCertificate(ctx);
      if (certificate === undefined) return undefined;
      if (typeof certificate === "string") return invalidCredential(CHALLENGE, certificate);
      const now = deps.now();
      const fingerprint = fingerprintOf(certificate);
      const known = fingerprint === undefined ? undefined : judged.get(fingerprint, now);
      if (known !== undefined) return judge(known);
      const verdict = judgeCertificate(certificate, rules, now);
      if (typeof verdict === "string") return invalidCredential(CHALLENGE, verdict);
      if (fingerprint !== undefined) judged.set(fingerprint, verdict, verdict.expiresAt ?? now);
      return judge(verdict);
    },
  };
}
