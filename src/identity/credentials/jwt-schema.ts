import * as z from "zod";
import { type EnvReference, isEnvReference } from "../../env.ts";
import { duration } from "../../schema/duration.ts";
import { size } from "../../schema/size.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import { mediaType } from "../jwt/header.ts";
import { type Algorithm, KEY_PAIR_ALGORITHMS, SECRET_ALGORITHMS } from "../keys/algorithms.ts";
import { parseKeySet } from "../keys/parse-key-set.ts";
import type {
  CompiledIssuer,
  CompiledJwt,
  CompiledKeys,
  JwtIssuer,
  JwtKeys,
  JwtOptions,
} from "./jwt-options.ts";
import { oneOrMany, parsePart } from "./schema-parts.ts";

/** Hosts that plain http may be used for: they are on this machine. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
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
      forwardToken: z.boolean().default(false),
    })
    .transform(({ maxTokenSize, ...rest }) => ({ ...rest, maxTokenBytes: maxTokenSize }));
}

function issuer(): z.ZodType<CompiledIssuer, JwtIssuer> {
  return z
    .strictObject({
      issuer: z
        .string()
        .min(1)
        .regex(/^[^?#]+$/, "must have no ? and no #, which the issuer of a token never has"),
      keys: keySource(),
      audience: oneOrMany(z.string().min(1)),
      algorithms: z
        .array(z.enum([...KEY_PAIR_ALGORITHMS, ...SECRET_ALGORITHMS]))
        .min(1)
        .optional(),
      type: oneOrMany(z.string().min(1)).optional(),
      scopesClaim: z.string().min(1).optional(),
    })
    .transform(({ type, algorithms, ...rest }, ctx) => {
      const fault = algorithmFault(rest.keys, algorithms);
      if (fault !== undefined) ctx.addIssue({ code: "custom", path: ["algorithms"], message: fault });
      return {
        ...rest,
        algorithms: algorithms ?? ("secret" in rest.keys ? (["HS256"] as const) : KEY_PAIR_ALGORITHMS),
        types: type?.map(mediaType) ?? DEFAULT_TYPES,
        untyped: type === undefined,
      };
    }) as z.ZodType<CompiledIssuer, JwtIssuer>;
}

/** A public key given to HMAC as its secret is the oldest trick of all (RFC 8725 §2.1): one kind for an issuer. */
function algorithmFault(
  keys: CompiledKeys,
  algorithms: readonly Algorithm[] | undefined,
): string | undefined {
  if (algorithms === undefined) return undefined;
  const secret = algorithms.filter((algorithm) => SECRET_ALGORITHMS.some((one) => one === algorithm));
  if (!("secret" in keys)) {
    return secret.length > 0 ? `${secret.join(", ")} needs a secret; this issuer has public keys` : undefined;
  }
  return secret.length === 1 && algorithms.length === 1
    ? undefined
    : "an issuer with a secret has exactly one of HS256, HS384, HS512";
}

function keySource(): z.ZodType<CompiledKeys, JwtKeys> {
  const forms: Readonly<Record<string, z.ZodType<CompiledKeys>>> = {
    keys: inlineKeys(),
    url: z.strictObject({ url: z.string().superRefine(checkKeySetUrl) }),
    upstream: z.strictObject({
      upstream: upstreamSchema(),
      path: z.string().regex(/^\/[^?#]*$/, "must be a path: begin with / and have no ? and no #"),
    }),
    secret: z.strictObject({
      secret: z.custom<EnvReference>(
        (value) => isEnvReference(value) && value.secret,
        'must be secret("NAME"): secrets never stand in a manifest',
      ),
    }),
  };
  return z
    .custom<JwtKeys>((value) => typeof value === "object" && value !== null, "must be an object")
    .transform((value, ctx) => {
      const form = Object.keys(forms).find((name) => name in value);
      if (form !== undefined) return parsePart(forms[form]!, value, ctx);
      ctx.addIssue({ code: "custom", message: "must have one of keys, url, upstream (with path), secret" });
      return z.NEVER;
    });
}

function inlineKeys(): z.ZodType<CompiledKeys> {
  return z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())) }).transform((document, ctx) => {
    const parsed = parseKeySet(document);
    const faults = typeof parsed === "string" ? [parsed] : parsed.skipped;
    for (const message of faults) ctx.addIssue({ code: "custom", path: ["keys"], message });
    if (document.keys.length === 0) ctx.addIssue({ code: "custom", path: ["keys"], message: "has no key" });
    return { inline: document } as CompiledKeys;
  });
}

function checkKeySetUrl(text: string, ctx: z.RefinementCtx): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fault =
    url === undefined
      ? "is not an absolute URL"
      : url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.includes(url.hostname))
        ? "must be https: who can change the keys on their way can be any caller"
        : url.username !== "" || url.password !== ""
          ? "must not hold a user name or password"
          : undefined;
  if (fault !== undefined) ctx.addIssue({ code: "custom", message: fault });
}
