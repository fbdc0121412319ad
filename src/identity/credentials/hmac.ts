import * as z from "zod";
import type { EnvReference } from "../../env.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { duration } from "../../schema/duration.ts";
import { realmSchema } from "../../schema/realm.ts";
import { secretSchema } from "../../schema/secret.ts";
import { heldToRegistry } from "../consumers/held-to-registry.ts";
import type { CompiledRegistered, RegisteredOptions } from "../consumers/registered-options.ts";
import { checkConsumers, consumersSchema, registeredSchema } from "../consumers/registered-schema.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { type HmacRules, HmacVerifier } from "../signatures/hmac-verifier.ts";
import { Mac, type MacHash } from "../signatures/mac.ts";
import { oneOrMany } from "./schema-parts.ts";

/**
 * Options of the `hmac` credential: requests signed with a secret that caller and gateway share, in
 * `Authorization: HMAC key="ID", timestamp="SECONDS", nonce="TEXT", signature="BASE64"`; without `nonce` where none is
 * asked for. The signature is the HMAC, with the secret's UTF-8 bytes, of these lines, with a line feed between them:
 * `HMAC-SHA256` (or `HMAC-SHA512`), the key's id, the timestamp, the nonce or nothing, the method, the path as it is
 * sent, the query as it is sent without its `?`, `name:value` of each of `headers`, and the body's digest in hex.
 */
export interface HmacOptions {
  /** Key id → its secret, of at least 32 bytes; or several of which one replaces the next. */
  readonly keys: Readonly<Record<string, EnvReference | readonly EnvReference[]>>;
  /** The hash of signature and digest. Default `"sha256"`. */
  readonly algorithm?: "sha256" | "sha512";
  /** Header fields that are signed too, and must be there, in this order. Default none. */
  readonly headers?: readonly string[];
  /** How far the `timestamp` may be from now: `"1s"` to `"1h"`. Default `"5m"`. */
  readonly tolerance?: string;
  /** Whether each request has a `nonce` of its own, so that a copy is refused: one call of a store. Default false. */
  readonly nonce?: boolean;
  /** What the keys are valid for: it stands in challenges, and a caller's id is `hmac:REALM#KEY`. Default `"api"`. */
  readonly realm?: string;
  /** Key id → the id of the consumer that the key belongs to, which becomes `identity.consumer`. Default none. */
  readonly consumers?: Readonly<Record<string, string>>;
  /** As in `jwt`: whether callers must be registered consumers, by `consumers`. Default: the registry is not asked. */
  readonly registered?: RegisteredOptions;
}

/** {@link HmacOptions}, compiled: times in ms. */
interface CompiledHmac {
  readonly keys: ReadonlyArray<{ readonly id: string; readonly secrets: readonly EnvReference[] }>;
  readonly algorithm: MacHash;
  readonly headers: readonly string[];
  readonly tolerance: number;
  readonly nonce: boolean;
  readonly realm: string;
  readonly consumers?: Readonly<Record<string, string>> | undefined;
  readonly registered?: CompiledRegistered | undefined;
}

/** RFC 2104 §3: no less than the hash has; with SHA-512 32 bytes are as many as anybody can guess. */
const MIN_SECRET_BYTES = 32;

/** Its identities have neither scopes nor claims. */
export const grants = "nothing";
export const uses = ["nonces"] as const;

/** Schema of {@link HmacOptions}. Build only. */
export function options(): z.ZodType<CompiledHmac, HmacOptions> {
  const header = z
    .string()
    .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/i, "must be the name of a header field")
    .refine((name) => name.toLowerCase() !== "authorization", "holds the signature itself")
    .transform((name) => name.toLowerCase());
  return z
    .strictObject({
      keys: z.record(
        z
          .string()
          .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, "must be visible ASCII without quotes and backslashes"),
        oneOrMany(secretSchema()),
      ),
      algorithm: z.enum(["sha256", "sha512"]).default("sha256"),
      headers: z.array(header).default([]),
      tolerance: duration({ min: "1s", max: "1h" }).prefault("5m"),
      nonce: z.boolean().default(false),
      realm: realmSchema(),
      consumers: consumersSchema().optional(),
      registered: registeredSchema().optional(),
    })
    .superRefine(({ keys, headers, ...naming }, ctx) => {
      checkConsumers(naming, Object.keys(keys), ctx);
      const report = (message: string, path: string) =>
        ctx.addIssue({ code: "custom", message, path: [path] });
      if (Object.keys(keys).length === 0) report("has no key", "keys");
      if (new Set(headers).size < headers.length) report("names a header twice", "headers");
    })
    .transform(({ keys, ...rest }) => ({
      keys: Object.entries(keys).map(([id, secrets]) => ({ id, secrets })),
      ...rest,
    }));
}

/** Makes the credential. */
export function create(
  { keys, algorithm, realm, registered, ...rest }: Resolved<CompiledHmac>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const listed = rest.headers.length > 0 ? `, headers="${rest.headers.join(" ")}"` : "";
  const challenge = `HMAC realm="${realm}", algorithm="${algorithm}"${listed}`;
  const read = macsByKey(keys, algorithm);
  const rules: HmacRules = { ...rest, algorithm, realm, challenge, requirements };
  const verifier = read instanceof Refusal ? undefined : new HmacVerifier(read, rules, deps);
  const judge = heldToRegistry(registered, deps, (verdict) => verdict);
  return {
    challenge,
    withheld: ["authorization"],
    verify(ctx) {
      const authorization = ctx.request.headers.get("authorization");
      if (authorization === null || !/^hmac(?: |$)/i.test(authorization)) return undefined;
      if (verifier === undefined) return read as Refusal;
      const verdict = verifier.verify(authorization, ctx);
      return registered === undefined ? verdict : verdict.then((settled) => judge(settled, ctx));
    },
  };
}

/** The secrets come with the deployment, so a weak one is found only here: nobody is let in with any of them. */
function macsByKey(
  keys: Resolved<CompiledHmac>["keys"],
  hash: MacHash,
): ReadonlyMap<string, readonly Mac[]> | Refusal {
  const macs = new Map<string, readonly Mac[]>();
  for (const { id, secrets } of keys) {
    const bytes = secrets.map((text) => new TextEncoder().encode(text));
    if (bytes.some(({ length }) => length < MIN_SECRET_BYTES)) {
      const cause = `a secret of the hmac key "${id}" is shorter than ${MIN_SECRET_BYTES} bytes`;
      return refuse("configuration-missing", { cause });
    }
    macs.set(
      id,
      bytes.map((secret) => new Mac(secret, hash)),
    );
  }
  return macs;
}
