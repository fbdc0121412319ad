import type { Carriers } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import { heldToRegistry } from "../consumers/held-to-registry.ts";
import type { Credential } from "../credential.ts";
import { mayChange, SiteRule } from "../cross-site/site-rule.ts";
import type { Requirements } from "../declare.ts";
import { rightsJudge } from "../judge-rights.ts";
import { BEARER } from "../jwt/bearer.ts";
import { CHALLENGE, insufficientRights } from "../jwt/challenge.ts";
import { checkedVerify } from "../jwt/checked.ts";
import type { TokenCheck } from "../jwt/token-check.ts";
import { carriedInCookie, fromAuthorization, fromPlaces, type TokenPlaces } from "../jwt/token-source.ts";
import { type IssuerRules, TokenVerifier } from "../jwt/verifier.ts";
import type { KeySet, KeySets, KeySource } from "../key-sets.ts";
import { type Algorithm, hashBytes, SECRET_ALGORITHMS } from "../keys/algorithms.ts";
import { parseKeySet } from "../keys/parse-key-set.ts";
import { secretKey } from "../keys/verification-key.ts";
import type { CompiledJwt } from "./jwt-options.ts";

export type { FromOptions, JwtIssuer, JwtKeys, JwtOptions, RevokedOptions } from "./jwt-options.ts";
export { jwtSchema as options } from "./jwt-schema.ts";

type Settings = Resolved<CompiledJwt>;
type NeededDeps = Pick<Deps, "keySets" | "now" | "nonces">;

/** Makes the credential. Those made of one options object share what they have verified. */
export function create(
  options: Settings,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const { verifier, checks, challenge, ...travels } = sharedBy(options, deps);
  const judge = rightsJudge(requirements, (reason) =>
    insufficientRights(requirements.scopes ?? [], reason, challenge),
  );
  const held = heldToRegistry(options.registered, deps, judge);
  const verify = checkedVerify((ctx) => verifier.verify(ctx), checks, held);
  return { challenge, ...travels, verify: siteGuarded(verify, options) };
}

/** A cookie comes with whatever page had the request made; other places are filled by who knows the token. */
function siteGuarded(verify: Credential["verify"], { from, trustedOrigins }: Settings): Credential["verify"] {
  const cookie = from?.cookie;
  if (cookie === undefined) return verify;
  const sites = new SiteRule(trustedOrigins);
  return (ctx) => {
    const guarded = mayChange(ctx) && carriedInCookie(ctx, cookie);
    return (guarded ? sites.refusal(ctx) : undefined) ?? verify(ctx);
  };
}

/** What the credentials of one declaration have in common. */
interface Shared extends Pick<Credential, "challenge" | "withheld" | "carriers" | "finalise"> {
  readonly verifier: TokenVerifier;
  /** Asked at every request, in this order. */
  readonly checks: readonly TokenCheck[];
}

/** By their options: the routes that name one declaration share one options object. */
const known = new WeakMap<object, Shared>();

function sharedBy(options: Settings, deps: NeededDeps): Shared {
  let shared = known.get(options);
  if (shared === undefined) {
    shared = makeShared(options, deps);
    known.set(options, shared);
  }
  return shared;
}

function makeShared(options: Settings, { keySets, now, nonces }: NeededDeps): Shared {
  const { from, tolerance, maxTokenBytes, decryption, forwardToken } = options;
  const { nonceSecret, create: createProof } = options.proof ?? {};
  const proof = createProof?.({ tolerance, nonceSecret, now, nonces });
  const { scheme, challenge } = proof ?? { scheme: BEARER, challenge: CHALLENGE };
  const issuers = options.issuers.map(({ keys, ...rest }): IssuerRules => {
    const keySet = openKeySet(keys as KeySource, rest.algorithms, keySets);
    return { ...rest, tolerance, bound: proof !== undefined, keySet, ignoresKid: "secret" in keys };
  });
  const decrypt = decryption?.create(decryption.keys);
  const source = from === undefined ? fromAuthorization : fromPlaces(from);
  const revocation = revocationCheck(options, now, challenge);
  const field = from === undefined ? "authorization" : from.header;
  const carriers = from === undefined ? undefined : carriersOf(from);
  return {
    verifier: new TokenVerifier({ issuers, maxTokenBytes, source, scheme, challenge, decrypt }, now),
    // The proof comes last: it is used up by being judged.
    checks: [...(revocation ? [revocation] : []), ...(proof ? [proof.check] : [])],
    challenge,
    withheld: [...(forwardToken || field === undefined ? [] : [field]), ...(proof?.withheld ?? [])],
    ...(carriers && { carriers }),
    ...(proof?.finalise && { finalise: proof.finalise }),
  };
}

function carriersOf({ cookie, query }: TokenPlaces): Carriers | undefined {
  if (cookie === undefined && query === undefined) return undefined;
  return {
    cookies: new Set(cookie === undefined ? [] : [cookie]),
    parameters: new Set(query === undefined ? [] : [query.toLowerCase()]),
  };
}

/** Each issuer has its own list; undefined where none has one. */
function revocationCheck(
  { issuers }: Settings,
  now: () => number,
  challenge: string,
): TokenCheck | undefined {
  const lists = new Map<string, TokenCheck>();
  for (const { issuer, revoked } of issuers)
    if (revoked !== undefined) lists.set(issuer, revoked.create(revoked, now, challenge));
  return lists.size === 0 ? undefined : (identity, ctx) => lists.get(identity.issuer)?.(identity, ctx);
}

function openKeySet(source: KeySource, algorithms: readonly Algorithm[], keySets: KeySets): KeySet {
  if ("secret" in source) return fixedKeySet(keysOfSecret(source.secret, algorithms));
  if (!("inline" in source)) return keySets.open(source);
  const parsed = parseKeySet(source.inline);
  // The build has proved it to be a key set.
  return fixedKeySet(typeof parsed === "string" ? [] : parsed.keys);
}

/** Keys that only a deployment changes. */
function fixedKeySet(keys: ReturnType<KeySet["load"]>): KeySet {
  return { freshUntil: Number.POSITIVE_INFINITY, load: () => keys, reload: async () => undefined };
}

/** The secret comes with the deployment, so a weak one is found only here: no token is accepted with it. */
function keysOfSecret(
  secret: string | undefined,
  algorithms: readonly Algorithm[],
): ReturnType<KeySet["load"]> {
  const algorithm = SECRET_ALGORITHMS.find((one) => algorithms.includes(one)) ?? "HS256";
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length >= hashBytes(algorithm)) return [secretKey(bytes, algorithm)];
  const cause = `the secret of a jwt issuer is missing or shorter than the ${hashBytes(algorithm)} bytes of ${algorithm}`;
  return refuse("configuration-missing", { cause });
}
