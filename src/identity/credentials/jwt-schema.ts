import * as z from "zod";
import { isCredentialName } from "../../http/credential-name.ts";
import { duration } from "../../schema/duration.ts";
import { secretSchema } from "../../schema/secret.ts";
import { size } from "../../schema/size.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import { checkClaims, registeredSchema } from "../consumers/registered-schema.ts";
import { createDpop } from "../dpop/dpop.ts";
import { createDecryption } from "../jwt/decryption.ts";
import { mediaType } from "../jwt/header.ts";
import { createRevocation } from "../jwt/revocation.ts";
import type { TokenPlaces } from "../jwt/token-source.ts";
import { type Algorithm, KEY_PAIR_ALGORITHMS, SECRET_ALGORITHMS } from "../keys/algorithms.ts";
import { metadataAddress } from "../keys/discovery.ts";
import { parseKeySet } from "../keys/parse-key-set.ts";
import { addressFault } from "../keys/secure-address.ts";
import { createCertificateBinding } from "../mtls/certificate-binding.ts";
import type {
  CompiledIssuer,
  CompiledJwt,
  CompiledKeys,
  FromOptions,
  JwtIssuer,
  JwtKeys,
  JwtOptions,
  RevokedOptions,
} from "./jwt-options.ts";
import { issuerName, oneOrMany, parsePart, trustedOrigins } from "./schema-parts.ts";

const DEFAULT_TYPES = ["jwt", "at+jwt"];

/** Schema of {@link JwtOptions}. Build only. */
export function jwtSchema(): z.ZodType<CompiledJwt, JwtOptions> {
  return z
    .strictObject({
      issuers: oneOrMany(issuer()).superRefine((issuers, ctx) => {
        issuers.forEach(({ issuer }, index) => {
          if (issuers.findIndex((other) => other.issuer === issuer) === index) return;
          ctx.addIssue({ code: "custom", path: [index, "issuer"], message: "is listed twice" });
        });
      }),
      tolerance: duration({ max: "5m" }).prefault("10s"),
      maxTokenSize: size({ min: "512B", max: "32KB" }).prefault("8KB"),
      from: places().optional(),
      trustedOrigins: trustedOrigins().optional(),
      registered: registeredSchema().optional(),
      forwardToken: z.boolean().default(false),
      decryptionKeys: oneOrMany(secretSchema()).optional(),
      proofOfPossession: z.enum(["dpop", "certificate"]).optional(),
      dpopNonceSecret: secretSchema().optional(),
    })
    .superRefine(checkTogether)
    .superRefine(({ issuers, registered }, ctx) =>
      issuers.forEach((issuer, index) => {
        checkClaims({ ...issuer, registered }, ctx, issuers.length === 1 ? ["issuers"] : ["issuers", index]);
      }),
    )
    .transform(({ maxTokenSize, decryptionKeys, proofOfPossession, dpopNonceSecret, ...rest }) => ({
      ...rest,
      maxTokenBytes: maxTokenSize,
      ...(decryptionKeys && { decryption: { keys: decryptionKeys, create: createDecryption } }),
      ...(proofOfPossession && {
        proof: {
          ...(dpopNonceSecret && { nonceSecret: dpopNonceSecret }),
          create: proofOfPossession === "dpop" ? createDpop : createCertificateBinding,
        },
      }),
    }));
}

type Together = Pick<
  JwtOptions,
  "forwardToken" | "proofOfPossession" | "dpopNonceSecret" | "trustedOrigins"
> & {
  readonly from?: TokenPlaces | undefined;
};

/** What only shows in the light of other options. */
function checkTogether(
  {
    from,
    trustedOrigins,
    forwardToken,
    proofOfPossession,
    dpopNonceSecret,
  }: { [K in keyof Together]: Together[K] | undefined },
  ctx: z.RefinementCtx,
): void {
  const add = (name: string, message: string) => ctx.addIssue({ code: "custom", path: [name], message });
  if (forwardToken && from !== undefined && from.header === undefined)
    add("forwardToken", "needs a header: a cookie or parameter that carries a token is never passed on");
  if (trustedOrigins !== undefined && from?.cookie === undefined)
    add("trustedOrigins", "needs a cookie in from: nothing else is sent by whatever page asks for it");
  if (proofOfPossession === "dpop" && from !== undefined)
    add(
      "from",
      "cannot stand beside DPoP: its tokens come in Authorization and nowhere else (RFC 9449 §7.1)",
    );
  if (dpopNonceSecret !== undefined && proofOfPossession !== "dpop")
    add("dpopNonceSecret", 'needs proofOfPossession: "dpop"');
}

/** Only names that everything which shows or records requests takes for a credential's. */
function places(): z.ZodType<TokenPlaces, FromOptions> {
  const name = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is not a name of visible ASCII");
  const telling = name.refine(
    isCredentialName,
    'must tell that it is a credential, such as "access_token": by its name it is kept out of records',
  );
  return z
    .strictObject({
      header: telling.transform((header) => header.toLowerCase()).optional(),
      cookie: name.optional(),
      query: telling.optional(),
    })
    .refine(
      (from) => Object.values(from).some((one) => one !== undefined),
      "must name a header, cookie or query",
    );
}

function revoked(): z.ZodType<CompiledIssuer["revoked"], RevokedOptions> {
  return z
    .strictObject({
      upstream: upstreamSchema(),
      path: upstreamPath(),
      every: duration({ min: "1s", max: "1h" }),
      maxStale: duration({ min: "1s", max: "24h" }).optional(),
    })
    .transform(({ maxStale, ...rest }, ctx) => {
      const stale = maxStale ?? rest.every * 10;
      if (stale < rest.every * 2)
        ctx.addIssue({
          code: "custom",
          path: ["maxStale"],
          message: "must be at least twice as long as every",
        });
      return { ...rest, maxStale: stale, create: createRevocation };
    });
}

function upstreamPath() {
  return z.string().regex(/^\/[^?#]*$/, "must be a path: begin with / and have no ? and no #");
}

function issuer(): z.ZodType<CompiledIssuer, JwtIssuer> {
  return z
    .strictObject({
      issuer: issuerName(),
      keys: keySource(),
      audience: oneOrMany(z.string().min(1)),
      algorithms: z
        .array(z.enum([...KEY_PAIR_ALGORITHMS, ...SECRET_ALGORITHMS]))
        .min(1)
        .optional(),
      type: oneOrMany(z.string().min(1)).optional(),
      scopesClaim: z.string().min(1).optional(),
      rolesClaim: z.string().min(1).optional(),
      consumerClaim: z.string().min(1).optional(),
      planClaim: z.string().min(1).optional(),
      revoked: revoked().optional(),
    })
    .transform(({ type, algorithms, keys, ...rest }, ctx) => {
      const fault = algorithmFault(keys, algorithms);
      if (fault !== undefined) ctx.addIssue({ code: "custom", path: ["algorithms"], message: fault });
      return {
        ...rest,
        keys: withAddress(keys, rest.issuer, ctx),
        algorithms: algorithms ?? ("secret" in keys ? (["HS256"] as const) : KEY_PAIR_ALGORITHMS),
        types: type?.map(mediaType) ?? DEFAULT_TYPES,
        untyped: type === undefined,
      };
    }) as z.ZodType<CompiledIssuer, JwtIssuer>;
}

/** Where an issuer that is asked for its keys has its metadata. */
function withAddress(keys: WrittenKeys, issuer: string, ctx: z.RefinementCtx): CompiledKeys {
  if (!("discovery" in keys)) return keys;
  const fault = addressFault(issuer);
  if (fault !== undefined) {
    ctx.addIssue({ code: "custom", path: ["issuer"], message: `${fault}, where keys are to be discovered` });
    return { url: issuer };
  }
  const kind = keys.discovery === true ? "openid-configuration" : keys.discovery;
  return { discovery: metadataAddress(issuer, kind), issuer };
}

/** A public key given to HMAC as its secret is the oldest trick of all (RFC 8725 §2.1): one kind for an issuer. */
function algorithmFault(keys: WrittenKeys, algorithms: readonly Algorithm[] | undefined): string | undefined {
  if (algorithms === undefined) return undefined;
  const secret = algorithms.filter((algorithm) => SECRET_ALGORITHMS.some((one) => one === algorithm));
  if (!("secret" in keys)) {
    return secret.length > 0 ? `${secret.join(", ")} needs a secret; this issuer has public keys` : undefined;
  }
  return secret.length === 1 && algorithms.length === 1
    ? undefined
    : "an issuer with a secret has exactly one of HS256, HS384, HS512";
}

/** Key sources before discovery knows its address. */
type WrittenKeys = Exclude<CompiledKeys, { discovery: string }> | Extract<JwtKeys, { discovery: unknown }>;

function keySource(): z.ZodType<WrittenKeys, JwtKeys> {
  const forms: Readonly<Record<string, z.ZodType<WrittenKeys>>> = {
    keys: inlineKeys(),
    url: z.strictObject({ url: z.string().superRefine(checkKeySetUrl) }),
    upstream: z.strictObject({
      upstream: upstreamSchema(),
      path: upstreamPath(),
    }),
    discovery: z.strictObject({
      discovery: z.union([z.literal(true), z.literal("oauth-authorization-server")]),
    }),
    secret: z.strictObject({ secret: secretSchema() }),
  };
  return z
    .custom<JwtKeys>((value) => typeof value === "object" && value !== null, "must be an object")
    .transform((value, ctx) => {
      const form = Object.keys(forms).find((name) => name in value);
      if (form !== undefined) return parsePart(forms[form]!, value, ctx);
      ctx.addIssue({
        code: "custom",
        message: "must have one of keys, url, upstream (with path), discovery, secret",
      });
      return z.NEVER;
    });
}

function inlineKeys(): z.ZodType<WrittenKeys> {
  return z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())) }).transform((document, ctx) => {
    const parsed = parseKeySet(document);
    const faults = typeof parsed === "string" ? [parsed] : parsed.skipped;
    for (const message of faults) ctx.addIssue({ code: "custom", path: ["keys"], message });
    if (document.keys.length === 0) ctx.addIssue({ code: "custom", path: ["keys"], message: "has no key" });
    return { inline: document } as WrittenKeys;
  });
}

function checkKeySetUrl(text: string, ctx: z.RefinementCtx): void {
  const message = addressFault(text);
  if (message !== undefined) ctx.addIssue({ code: "custom", message });
}
