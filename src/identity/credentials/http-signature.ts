import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { duration } from "../../schema/duration.ts";
import { realmSchema } from "../../schema/realm.ts";
import { secretSchema } from "../../schema/secret.ts";
import { heldToRegistry } from "../consumers/held-to-registry.ts";
import { namedConsumer } from "../consumers/named-consumer.ts";
import type { CompiledRegistered, RegisteredOptions } from "../consumers/registered-options.ts";
import { checkConsumers, consumersSchema, registeredSchema } from "../consumers/registered-schema.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { rightsJudge } from "../judge-rights.ts";
import { HttpSignatureVerifier, type Signer } from "../signatures/http-signature-verifier.ts";
import { publicKey, type SignatureKey, sharedKey } from "../signatures/signature-key.ts";
import { parsePart } from "./schema-parts.ts";

/** A key that requests are signed with. */
export type HttpSignatureKey =
  | {
      /** The public key in JWK form: Ed25519, P-256 (ECDSA) or RSA (RSA-PSS with SHA-512). */
      readonly publicKey: Readonly<Record<string, unknown>>;
    }
  | {
      /** A secret of at least 32 bytes, shared with the caller (HMAC with SHA-256). */
      readonly secret: EnvReference;
    };

/** Options of the `httpSignature` credential: `Signature` and `Signature-Input` (RFC 9421). */
export interface HttpSignatureOptions {
  /** `keyid` → the caller's key, in one of the two ways below. */
  readonly keys: Readonly<Record<string, HttpSignatureKey>>;
  /**
   * What every signature must cover: names of header fields, in lower case, and `@method`, `@target-uri`, `@authority`,
   * `@scheme`, `@request-target`, `@path`, `@query`. Default `["@method", "@target-uri"]`.
   */
  readonly components?: readonly string[];
  /** Whether `content-digest` must be covered where there is a body. Default true. */
  readonly digest?: boolean;
  /** How long after `created` a signature is accepted: `"1s"` to `"1h"`. Default `"5m"`. */
  readonly maxAge?: string;
  /** How far a signer's clock may be from ours: `"0s"` to `"5m"`. Default `"10s"`. */
  readonly tolerance?: string;
  /** Whether each signature has a `nonce` of its own, so that a copy is refused: one call of a store. Default false. */
  readonly nonce?: boolean;
  /** The `tag` that a signature must have, where requests are signed for more than this. Default none. */
  readonly tag?: string;
  /** What the keys are valid for; a caller's id is `http-signature:REALM#KEYID`. Default `"api"`. */
  readonly realm?: string;
  /** `keyid` → the id of the consumer that the key belongs to, which becomes `identity.consumer`. Default none. */
  readonly consumers?: Readonly<Record<string, string>>;
  /** As in `jwt`: whether callers must be registered consumers, by `consumers`. Default: the registry is not asked. */
  readonly registered?: RegisteredOptions;
}

/** {@link HttpSignatureOptions}, compiled: times in ms. */
interface CompiledHttpSignature {
  readonly keys: ReadonlyArray<{ readonly id: string; readonly key: HttpSignatureKey }>;
  readonly components: readonly string[];
  readonly digest: boolean;
  readonly maxAge: number;
  readonly tolerance: number;
  readonly nonce: boolean;
  readonly tag?: string | undefined;
  readonly realm: string;
  readonly consumers?: Readonly<Record<string, string>> | undefined;
  readonly registered?: CompiledRegistered | undefined;
}

const MIN_SECRET_BYTES = 32;
/** Parts of the request that have a name of their own (RFC 9421 §2.2). */
const COMPONENT =
  /^(?:[a-z0-9!#$%&'*+.^_`|~-]+|@(?:method|target-uri|authority|scheme|request-target|path|query))$/;

/** Its identities have neither scopes nor claims. */
export const grants = "nothing";
export const uses = ["nonces"] as const;

/** Schema of {@link HttpSignatureOptions}. Build only. */
export function options(): z.ZodType<CompiledHttpSignature, HttpSignatureOptions> {
  const printable = z.string().regex(/^[\x20-\x7e]{1,256}$/, "must be 1 to 256 printable ASCII characters");
  const component = z
    .string()
    .regex(COMPONENT, "is neither a header's name, in lower case, nor one of the @ names");
  return z
    .strictObject({
      keys: z.record(printable, key()),
      components: z.array(component).default(["@method", "@target-uri"]),
      digest: z.boolean().default(true),
      maxAge: duration({ min: "1s", max: "1h" }).prefault("5m"),
      tolerance: duration({ max: "5m" }).prefault("10s"),
      nonce: z.boolean().default(false),
      tag: printable.optional(),
      realm: realmSchema(),
      consumers: consumersSchema().optional(),
      registered: registeredSchema().optional(),
    })
    .superRefine(({ keys, ...naming }, ctx) => {
      checkConsumers(naming, Object.keys(keys), ctx);
      if (Object.keys(keys).length === 0)
        ctx.addIssue({ code: "custom", path: ["keys"], message: "has no key" });
    })
    .transform(({ keys, ...rest }) => ({
      keys: Object.entries(keys).map(([id, key]) => ({ id, key })),
      ...rest,
    }));
}

function key(): z.ZodType<HttpSignatureKey, HttpSignatureKey> {
  const jwk = z.record(z.string(), z.unknown()).superRefine((value, ctx) => {
    const read = publicKey(value);
    if (typeof read === "string") ctx.addIssue({ code: "custom", message: `cannot be used: ${read}` });
  });
  const forms = {
    publicKey: z.strictObject({ publicKey: jwk }),
    secret: z.strictObject({ secret: secretSchema() }),
  };
  return z
    .custom<HttpSignatureKey>((value) => typeof value === "object" && value !== null, "must be an object")
    .transform((value, ctx): HttpSignatureKey => {
      if ("publicKey" in value) return parsePart(forms.publicKey, value, ctx);
      if ("secret" in value) return parsePart(forms.secret, value, ctx);
      ctx.addIssue({ code: "custom", message: "must have a publicKey or a secret" });
      return z.NEVER;
    });
}

/** Makes the credential. */
export function create(
  { keys, realm, consumers, registered, ...rules }: Resolved<CompiledHttpSignature>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const challenge = `Signature realm="${realm}", components="${rules.components.join(" ")}"`;
  const signers = signersOf(keys, realm, consumers);
  const judge = heldToRegistry(
    registered,
    deps,
    rightsJudge(requirements, (cause) => refuse("insufficient-rights", { cause })),
  );
  const verifier =
    signers instanceof Refusal
      ? undefined
      : new HttpSignatureVerifier({ ...rules, signers, challenge }, deps);
  return {
    challenge,
    withheld: ["signature", "signature-input"],
    async verify(ctx) {
      if (verifier === undefined) {
        const { headers } = ctx.request;
        return headers.has("signature") || headers.has("signature-input") ? (signers as Refusal) : undefined;
      }
      return judge(await verifier.verify(ctx), ctx);
    },
  };
}

/** The secrets come with the deployment, so a weak one is found only here: nobody is let in with any of them. */
function signersOf(
  keys: Resolved<CompiledHttpSignature>["keys"],
  realm: string,
  consumers: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, Signer> | Refusal {
  const signers = new Map<string, Signer>();
  const issuer = `http-signature:${realm}`;
  for (const { id, key } of keys) {
    const read = signatureKey(key);
    if (typeof read === "string")
      return refuse("configuration-missing", {
        cause: `the HTTP signature key "${id}" cannot be used: ${read}`,
      });
    const name = `${issuer}#${id}`;
    const identity = { id: name, subject: id, issuer, claims: {}, scopes: [], credential: "httpSignature" };
    signers.set(id, {
      key: read,
      identity: Object.freeze({ ...identity, ...namedConsumer(consumers, id), key: name }),
    });
  }
  return signers;
}

function signatureKey(key: Resolved<HttpSignatureKey>): SignatureKey | string {
  if ("publicKey" in key) return publicKey(key.publicKey);
  const secret = new TextEncoder().encode(key.secret);
  return secret.length < MIN_SECRET_BYTES
    ? `it is shorter than ${MIN_SECRET_BYTES} bytes`
    : sharedKey(secret);
}
