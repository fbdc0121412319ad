import type { RequestContext } from "../../src/context.ts";
import { Refusal, refuse } from "../../src/errors/refusal.ts";
import type { CompiledRegistered } from "../../src/identity/consumers/registered-options.ts";
import type { Credential, CredentialVerdict } from "../../src/identity/credential.ts";
import * as jwt from "../../src/identity/credentials/jwt.ts";
import type { CompiledJwt } from "../../src/identity/credentials/jwt-options.ts";
import type { Requirements } from "../../src/identity/declare.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { bearerToken } from "../../src/identity/jwt/bearer.ts";
import { insufficientRights } from "../../src/identity/jwt/challenge.ts";
import { judgeClaims } from "../../src/identity/jwt/claims.ts";
import { identityOf } from "../../src/identity/jwt/identity-of.ts";
import { decodeJsonObject } from "../../src/identity/jwt/json-object.ts";
import { fromAuthorization, fromPlaces } from "../../src/identity/jwt/token-source.ts";
import type { KeySets } from "../../src/identity/key-sets.ts";
import { lackingRight } from "../../src/identity/requirements.ts";
import type { Resolved, SharedTools } from "../../src/policies/policy.ts";
import type { Pretended } from "./arguments.ts";

type Tools = Pick<SharedTools, "deps">;
type JwtSettings = Resolved<CompiledJwt>;

/** Keys that are not fetched: a token that is right in all else is taken to be signed with one of them. */
export const unfetchedKeySets: KeySets = {
  open: () => ({
    freshUntil: 0,
    load: () => refuse("key-set-unavailable"),
    reload: async () => undefined,
  }),
};

/** The credential, holding for whoever is pretended; what the route requires of them is judged as ever. */
export function pretendedCredential(
  type: string,
  real: Credential,
  options: unknown,
  requirements: Requirements,
  { subject, scopes, roles, claims }: Pretended,
): Credential {
  const { issuers } = options as Partial<JwtSettings>;
  const issuer = issuers?.[0]?.issuer ?? type;
  const identity: Identity = {
    id: `${issuer}#${subject}`,
    subject,
    issuer,
    claims: { iss: issuer, sub: subject, ...claims },
    scopes,
    ...(roles !== undefined && { roles }),
    credential: type,
  };
  return {
    ...real,
    verify(ctx) {
      note(ctx, "--as: no credential was judged");
      return withRights(identity, requirements);
    },
  };
}

/** A credential that a service judges, which is not asked here: that is said, and nobody is let in. */
export function unaskedCredential(real: Credential): Credential {
  return {
    ...real,
    verify(ctx) {
      note(ctx, "the service that says who calls is not asked here: --as takes its place");
      return undefined;
    },
  };
}

/** Options of a credential whose callers need not be looked up: that is said, and they are taken to be registered. */
export function withoutRegistry<Options>(options: Options): Options {
  const { registered } = options as { readonly registered?: CompiledRegistered };
  if (registered === undefined) return options;
  const create: CompiledRegistered["create"] = () => (identity, ctx) => {
    const { consumer } = identity;
    if (consumer === undefined)
      return refuse("consumer-unknown", { cause: "the credential names no consumer" });
    note(ctx, `the consumer ${consumer} is taken to be registered: the registry is not asked here`);
    return identity;
  };
  return { ...options, registered: { ...registered, create } };
}

/** The `jwt` credential without its issuers' keys: everything but the signature is judged. */
export function offlineJwt(
  options: JwtSettings,
  requirements: Requirements,
  tools: Tools,
  isUnset: (value: string) => boolean,
): Credential {
  const issuers = options.issuers.map((issuer) => {
    const { keys } = issuer;
    const unknown = "secret" in keys && isUnset(keys.secret);
    return unknown ? { ...issuer, keys: { url: "" } } : issuer;
  });
  const real = jwt.create({ ...options, issuers }, {}, tools);
  return {
    ...real,
    async verify(ctx) {
      const verdict = await real.verify(ctx);
      const unproved = verdict instanceof Refusal && verdict.code === "key-set-unavailable";
      const identity = unproved ? claimedIdentity(options, ctx, tools.deps.now()) : verdict;
      return identity instanceof Refusal || identity === undefined
        ? identity
        : withRights(identity, requirements);
    },
  };
}

/** Whom a token speaks for that is right in everything that can be told without a key. */
function claimedIdentity(
  { issuers, tolerance, maxTokenBytes, from, proof }: JwtSettings,
  ctx: RequestContext,
  now: number,
): Identity | undefined {
  const presented = (from === undefined ? fromAuthorization : fromPlaces(from))(ctx) ?? "";
  const bearer = bearerToken(presented, maxTokenBytes);
  const claims = bearer && "token" in bearer ? decodeJsonObject(bearer.token.split(".")[1] ?? "") : undefined;
  const issuer = issuers.find((each) => each.issuer === claims?.iss);
  if (claims === undefined || issuer === undefined) return undefined;
  const rules = { audience: issuer.audience, tolerance, bound: proof !== undefined };
  const acceptable = judgeClaims(claims, rules, now);
  if (typeof acceptable === "string") return undefined;
  note(ctx, `the signature is taken to hold: its key is not fetched here (${placeOf(issuer.keys)})`);
  return identityOf(claims, acceptable, issuer);
}

function placeOf(keys: JwtSettings["issuers"][number]["keys"]): string {
  if ("url" in keys) return keys.url;
  if ("discovery" in keys) return keys.discovery;
  if ("upstream" in keys) return `the upstream ${keys.upstream.name}, ${keys.path}`;
  return "secret" in keys ? keys.secret : "the manifest";
}

function withRights(identity: Identity, requirements: Requirements): CredentialVerdict {
  const lacking = lackingRight(identity, requirements);
  return lacking === undefined ? identity : insufficientRights(requirements.scopes ?? [], lacking);
}

function note({ record }: RequestContext, text: string): void {
  record.notes ??= [];
  record.notes.push(text);
}
