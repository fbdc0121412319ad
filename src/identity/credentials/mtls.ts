import * as z from "zod";
import { refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { heldToRegistry } from "../consumers/held-to-registry.ts";
import type { CompiledRegistered, RegisteredOptions } from "../consumers/registered-options.ts";
import { checkClaims, registeredSchema } from "../consumers/registered-schema.ts";
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
  /**
   * What of the certificate becomes `identity.consumer`: an attribute of its subject such as `"CN"`, or `"san"`, `"serial"`
   * or `"fingerprint"`. A certificate that has none of it, or several, names nobody. Say which `issuer` where the zone
   * trusts several CAs: each could name any consumer.
   */
  readonly consumerClaim?: string;
  /** As in `jwt`: whether callers must be registered consumers, by `consumerClaim`. Default: the registry is not asked. */
  readonly registered?: RegisteredOptions;
}

/** {@link MtlsOptions}, compiled. */
interface CompiledMtls extends CertificateRules {
  readonly consumerClaim?: string | undefined;
  readonly registered?: CompiledRegistered | undefined;
}

/** Certificates remembered for each declaration. */
const REMEMBERED = 500;
const CHALLENGE = 'ClientCertificate realm="api"';

/** Schema of {@link MtlsOptions}. Build only. */
export function options(): z.ZodType<CompiledMtls, MtlsOptions> {
  return z
    .strictObject({
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
      consumerClaim: z.string().min(1).optional(),
      registered: registeredSchema().optional(),
    })
    .superRefine((naming, ctx) => checkClaims(naming, ctx));
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
  { consumerClaim, registered, ...rules }: Resolved<CompiledMtls>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const judged = new ExpiringCache<Identity>(REMEMBERED);
  const judge = heldToRegistry(
    registered,
    deps,
    rightsJudge(requirements, (cause) => refuse("insufficient-rights", { cause })),
  );
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
      if (known !== undefined) return judge(known, ctx);
      const verdict = judgeCertificate(certificate, rules, now);
      if (typeof verdict === "string") return invalidCredential(CHALLENGE, verdict);
      const identity = withConsumer(verdict, consumerClaim);
      if (fingerprint !== undefined) judged.set(fingerprint, identity, identity.expiresAt ?? now);
      return judge(identity, ctx);
    },
  };
}

/** Says which consumer a certificate names, where it is asked for and names one. */
function withConsumer(identity: Identity, claim: string | undefined): Identity {
  const value = claim === undefined || !Object.hasOwn(identity.claims, claim) ? [] : identity.claims[claim];
  const [name, ...more] = [value].flat();
  if (typeof name !== "string" || name === "" || more.length > 0) return identity;
  return Object.freeze({ ...identity, consumer: name });
}
