import * as z from "zod";
import { type EnvReference, isEnvReference } from "../../env.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { duration } from "../../schema/duration.ts";
import { secretSchema } from "../../schema/secret.ts";
import { size } from "../../schema/size.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import type { UpstreamDeclaration } from "../../upstream/declare.ts";
import { heldToRegistry } from "../consumers/held-to-registry.ts";
import type { CompiledRegistered, RegisteredOptions } from "../consumers/registered-options.ts";
import { checkClaims, registeredSchema } from "../consumers/registered-schema.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import { createDpop } from "../dpop/dpop.ts";
import { Introspector } from "../introspection/introspector.ts";
import { rightsJudge } from "../judge-rights.ts";
import { BEARER } from "../jwt/bearer.ts";
import { CHALLENGE, insufficientRights } from "../jwt/challenge.ts";
import { checkedVerify } from "../jwt/checked.ts";
import type { CreateProof, TokenCheck } from "../jwt/token-check.ts";
import { createCertificateBinding } from "../mtls/certificate-binding.ts";
import { issuerName, oneOrMany } from "./schema-parts.ts";

/** Options of the `introspection` credential: tokens that their authorization server is asked about (RFC 7662). */
export interface IntrospectionOptions {
  /** The upstream that the introspection endpoint is behind. */
  readonly upstream: UpstreamDeclaration;
  /** Path of the endpoint at the upstream. */
  readonly path: string;
  /** The gateway's own name at the server. */
  readonly clientId: string | EnvReference;
  /** Its password there, sent with HTTP Basic. */
  readonly clientSecret: EnvReference;
  /** Who vouches for the callers. Where an answer names an issuer, it must be this one, to the letter. */
  readonly issuer: string;
  /**
   * Who the tokens must be for: `aud` must hold one of these. `false` where the server tells no audience: it must then
   * call a token active only if it is for this API.
   */
  readonly audience: string | readonly string[] | false;
  /**
   * How long an answer is gone by, and so how long a revoked token may still be let in: `"1s"` to `"10m"`, and never
   * beyond the token's own `exp`. A token that is not active is asked about again after 5 seconds. Default `"30s"`.
   */
  readonly maxAge?: string;
  /** How far the server's clock may be from ours, for `exp` and `nbf`: `"0s"` to `"5m"`. Default `"10s"`. */
  readonly tolerance?: string;
  /** A larger token is refused unasked: `"512B"` to `"32KB"`. Default `"8KB"`. */
  readonly maxTokenSize?: string;
  /** Member, or path to one such as `"realm_access.roles"`, that becomes `identity.roles`. */
  readonly rolesClaim?: string;
  /** Member, or path to one, that becomes `identity.consumer`: the id of a registered caller. */
  readonly consumerClaim?: string;
  /** Member, or path to one, that becomes `identity.plan`. Not beside `registered`. */
  readonly planClaim?: string;
  /** As in `jwt`: whether callers must be registered consumers, by `consumerClaim`. Default: the registry is not asked. */
  readonly registered?: RegisteredOptions;
  /** As in `jwt`: accepts only tokens that are bound to a key (`cnf` in the answer), with proof. Default: none is. */
  readonly proofOfPossession?: "dpop" | "certificate";
  /** Whether the origin is given the `Authorization` header. Default false. */
  readonly forwardToken?: boolean;
}

/** {@link IntrospectionOptions}, compiled: times in ms, sizes in bytes. */
interface CompiledIntrospection {
  readonly upstream: UpstreamDeclaration;
  readonly path: string;
  readonly clientId: string | EnvReference;
  readonly clientSecret: EnvReference;
  readonly issuer: string;
  readonly audience?: readonly string[] | undefined;
  readonly maxAge: number;
  readonly tolerance: number;
  readonly maxTokenBytes: number;
  readonly rolesClaim?: string | undefined;
  readonly consumerClaim?: string | undefined;
  readonly planClaim?: string | undefined;
  readonly registered?: CompiledRegistered | undefined;
  /** With the function that does it, so that the Worker holds it only where it is declared. */
  readonly createProof?: CreateProof | undefined;
  readonly forwardToken: boolean;
}

/** Schema of {@link IntrospectionOptions}. Build only. */
export function options(): z.ZodType<CompiledIntrospection, IntrospectionOptions> {
  const text = z.string().min(1);
  const clientId = z.custom<string | EnvReference>(
    (value) => isEnvReference(value) || (typeof value === "string" && value !== ""),
    "must be a name, or env(…) or secret(…)",
  );
  const audience = z.custom<IntrospectionOptions["audience"]>().transform((value, ctx) => {
    if (value === false) return undefined;
    const parsed = oneOrMany(text).safeParse(value);
    if (parsed.success) return parsed.data;
    ctx.addIssue({
      code: "custom",
      message: "must be a text or a list of them, or false where the server tells none",
    });
    return z.NEVER;
  });
  return z
    .strictObject({
      upstream: upstreamSchema(),
      path: z.string().regex(/^\/[^?#]*$/, "must be a path: begin with / and have no ? and no #"),
      clientId,
      clientSecret: secretSchema(),
      issuer: issuerName(),
      audience,
      maxAge: duration({ min: "1s", max: "10m" }).prefault("30s"),
      tolerance: duration({ max: "5m" }).prefault("10s"),
      maxTokenSize: size({ min: "512B", max: "32KB" }).prefault("8KB"),
      rolesClaim: text.optional(),
      consumerClaim: text.optional(),
      planClaim: text.optional(),
      registered: registeredSchema().optional(),
      proofOfPossession: z.enum(["dpop", "certificate"]).optional(),
      forwardToken: z.boolean().default(false),
    })
    .superRefine((naming, ctx) => checkClaims(naming, ctx))
    .transform(({ maxTokenSize, proofOfPossession, ...rest }) => ({
      ...rest,
      maxTokenBytes: maxTokenSize,
      ...(proofOfPossession && {
        createProof: proofOfPossession === "dpop" ? createDpop : createCertificateBinding,
      }),
    }));
}

type Settings = Resolved<CompiledIntrospection>;

/** What the credentials of one declaration have in common. */
interface Shared extends Pick<Credential, "challenge" | "withheld"> {
  readonly introspector: Introspector;
  readonly checks: readonly TokenCheck[];
}

/** By their options: the routes that name one declaration share one options object, and so what was answered. */
const known = new WeakMap<object, Shared>();

/** Makes the credential. */
export function create(
  options: Settings,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const shared = known.get(options) ?? makeShared(options, deps);
  known.set(options, shared);
  const { introspector, checks, challenge, withheld } = shared;
  const judge = rightsJudge(requirements, (reason) =>
    insufficientRights(requirements.scopes ?? [], reason, challenge),
  );
  const held = heldToRegistry(options.registered, deps, judge);
  return { challenge, withheld, verify: checkedVerify((ctx) => introspector.verify(ctx), checks, held) };
}

function makeShared(options: Settings, { now, nonces }: Pick<SharedTools["deps"], "now" | "nonces">): Shared {
  const {
    upstream,
    path,
    clientId,
    clientSecret,
    forwardToken,
    createProof,
    registered: _,
    ...rules
  } = options;
  const proof = createProof?.({ tolerance: rules.tolerance, now, nonces });
  const { scheme, challenge } = proof ?? { scheme: BEARER, challenge: CHALLENGE };
  const endpoint = { upstream, path, clientId, clientSecret };
  return {
    introspector: new Introspector(
      { ...rules, endpoint, scheme, challenge, bound: proof !== undefined },
      now,
    ),
    checks: proof === undefined ? [] : [proof.check],
    challenge,
    withheld: [...(forwardToken ? [] : ["authorization"]), ...(proof?.withheld ?? [])],
  };
}
