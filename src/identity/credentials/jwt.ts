import type { Deps } from "../../deps.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import type { Credential, CredentialVerdict } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import type { Identity } from "../identity.ts";
import { CHALLENGE, insufficientRights } from "../jwt/challenge.ts";
import { type IssuerRules, TokenVerifier } from "../jwt/verifier.ts";
import type { KeySet, KeySets, KeySource } from "../key-sets.ts";
import { type Algorithm, hashBytes, SECRET_ALGORITHMS } from "../keys/algorithms.ts";
import { parseKeySet } from "../keys/parse-key-set.ts";
import { secretKey } from "../keys/verification-key.ts";
import { lackingRight } from "../requirements.ts";
import type { CompiledJwt } from "./jwt-options.ts";

export type { JwtIssuer, JwtKeys, JwtOptions } from "./jwt-options.ts";
export { jwtSchema as options } from "./jwt-schema.ts";

/** Makes the credential. Those made of one options object share what they have verified. */
export function create(
  options: Resolved<CompiledJwt>,
  requirements: Requirements,
  { deps }: Pick<SharedTools, "deps">,
): Credential {
  const verifier = verifierOf(options, deps);
  const judge = rightsJudge(requirements);
  return {
    challenge: CHALLENGE,
    withheld: options.forwardToken ? [] : ["authorization"],
    verify(ctx) {
      const verdict = verifier.verify(ctx);
      return verdict instanceof Promise ? verdict.then(judge) : judge(verdict);
    },
  };
}

/** Verifiers by their options: the routes that name one declaration share one options object. */
const verifiers = new WeakMap<object, TokenVerifier>();

function verifierOf(
  options: Resolved<CompiledJwt>,
  { keySets, now }: Pick<Deps, "keySets" | "now">,
): TokenVerifier {
  let verifier = verifiers.get(options);
  if (verifier === undefined) {
    const { issuers, tolerance, maxTokenBytes } = options;
    const rules = issuers.map(({ keys, ...rest }): IssuerRules => {
      const keySet = openKeySet(keys as KeySource, rest.algorithms, keySets);
      return { ...rest, tolerance, keySet, ignoresKid: "secret" in keys };
    });
    verifier = new TokenVerifier({ issuers: rules, maxTokenBytes }, now);
    verifiers.set(options, verifier);
  }
  return verifier;
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

/** Judges what an identity may do, once for each identity: cached tokens give the same object again. */
function rightsJudge(requirements: Requirements): (verdict: CredentialVerdict) => CredentialVerdict {
  const { scopes = [], claims = {} } = requirements;
  if (scopes.length === 0 && Object.keys(claims).length === 0) return (verdict) => verdict;
  const judged = new WeakMap<Identity, Identity | Refusal>();
  return (verdict) => {
    if (verdict === undefined || verdict instanceof Refusal) return verdict;
    let judgement = judged.get(verdict);
    if (judgement === undefined) {
      const lacking = lackingRight(verdict, requirements);
      judgement = lacking === undefined ? verdict : insufficientRights(scopes, lacking);
      judged.set(verdict, judgement);
    }
    return judgement;
  };
}
