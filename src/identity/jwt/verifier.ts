import type { RequestContext } from "../../context.ts";
import { Refusal } from "../../errors/refusal.ts";
import { Generations } from "../../generations.ts";
import type { CredentialVerdict } from "../credential.ts";
import type { Identity } from "../identity.ts";
import type { KeySet } from "../key-sets.ts";
import type { VerificationKey } from "../keys/verification-key.ts";
import { isBase64url } from "./base64url.ts";
import { bearerToken, type SchemePatterns } from "./bearer.ts";
import { FOREIGN, invalidToken } from "./challenge.ts";
import { type Acceptable, type ClaimRules, judgeClaims } from "./claims.ts";
import type { Decrypt } from "./decryption.ts";
import { type HeaderRules, readHeader, type TokenHeader } from "./header.ts";
import { type IdentityRules, identityOf } from "./identity-of.ts";
import { decodeJsonObject } from "./json-object.ts";
import { prove } from "./prove.ts";
import type { TokenSource } from "./token-source.ts";

/** Verified tokens remembered for each declared credential. */
const REMEMBERED = 1_000;

/** An issuer as tokens are judged by it. */
export interface IssuerRules extends HeaderRules, ClaimRules, IdentityRules {
  readonly keySet: KeySet;
  /** A shared secret has no name: the token's `kid` says nothing about it. */
  readonly ignoresKid: boolean;
}

/** What a verifier is made of. */
export interface VerifierRules {
  readonly issuers: readonly IssuerRules[];
  readonly maxTokenBytes: number;
  readonly source: TokenSource;
  readonly scheme: SchemePatterns;
  /** The challenge of the scheme. */
  readonly challenge: string;
  /** Present where tokens may be encrypted. */
  readonly decrypt?: Decrypt | undefined;
}

/** A token that was verified, and what that rests on. */
interface VerifiedToken {
  readonly identity: Identity;
  /** Until then, in ms since the epoch, the token itself holds. */
  readonly until: number;
  /** The key that proved it. */
  readonly key: VerificationKey;
  /** The set that must still hold the key. */
  readonly keySet: KeySet;
}

/** A token that passed every check but its signature. */
interface Claimed {
  readonly header: TokenHeader;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly acceptable: Acceptable;
  readonly issuer: IssuerRules;
}

/** Verifies tokens of a list of issuers, and remembers those that held. */
export class TokenVerifier {
  readonly #rules: VerifierRules;
  readonly #source: TokenSource;
  readonly #issuers: ReadonlyMap<string, IssuerRules>;
  readonly #now: () => number;
  /** By the exact text that carried them. Refusals are not remembered: they would push these out. */
  readonly #verified = new Generations<VerifiedToken>(REMEMBERED);

  constructor(rules: VerifierRules, now: () => number) {
    this.#rules = rules;
    this.#source = rules.source;
    this.#issuers = new Map(rules.issuers.map((issuer) => [issuer.issuer, issuer]));
    this.#now = now;
  }

  /** The caller, at once where its token is known: one look-up and three comparisons. */
  verify(ctx: RequestContext): CredentialVerdict | Promise<CredentialVerdict> {
    const presented = this.#source(ctx);
    if (presented === null) return undefined;
    const known = this.#verified.get(presented);
    if (known === undefined) return this.#verifyUnknown(presented, ctx);
    const now = this.#now();
    if (now < known.until && now < known.keySet.freshUntil && !known.key.retired) return known.identity;
    return this.#verifyAgain(presented, ctx);
  }

  /** The token, its key or its key set is out of date. */
  async #verifyAgain(presented: string, ctx: RequestContext): Promise<CredentialVerdict> {
    const known = this.#verified.get(presented);
    if (known !== undefined && this.#now() < known.until) {
      const keys = await known.keySet.load(ctx);
      if (keys instanceof Refusal) return keys;
      if (!known.key.retired) return known.identity;
    }
    this.#verified.delete(presented);
    return this.#verifyUnknown(presented, ctx);
  }

  #verifyUnknown(presented: string, ctx: RequestContext): CredentialVerdict | Promise<CredentialVerdict> {
    const { maxTokenBytes, scheme, decrypt } = this.#rules;
    const bearer = bearerToken(presented, maxTokenBytes, scheme);
    if (bearer === undefined) return undefined;
    if ("fault" in bearer) return this.#invalid(bearer.fault);
    const { token } = bearer;
    // Five parts are an encrypted token, three a signed one (RFC 7516 §9).
    return decrypt !== undefined && token.split(".", 6).length === 5
      ? this.#verifyEncrypted(token, decrypt, presented, ctx)
      : this.#verifySigned(token, presented, ctx);
  }

  async #verifyEncrypted(
    token: string,
    decrypt: Decrypt,
    presented: string,
    ctx: RequestContext,
  ): Promise<CredentialVerdict> {
    const inner = await decrypt(token);
    if (inner instanceof Refusal) return inner;
    return "fault" in inner ? this.#invalid(inner.fault) : this.#verifySigned(inner.token, presented, ctx);
  }

  #verifySigned(
    token: string,
    presented: string,
    ctx: RequestContext,
  ): CredentialVerdict | Promise<CredentialVerdict> {
    const claimed = this.#read(token);
    return typeof claimed === "string"
      ? this.#invalid(claimed)
      : this.#verifySignature(token, claimed, presented, ctx);
  }

  /** Everything that can be refused without a key: cheap, and nothing here is believed yet. */
  #read(token: string): Claimed | string {
    const [first = "", second = "", third, ...more] = token.split(".");
    if (!third || more.length > 0 || !isBase64url(third)) return "it is not a signed token";
    const encodedHeader = decodeJsonObject(first);
    const claims = decodeJsonObject(second);
    if (encodedHeader === undefined || claims === undefined) return "its header or payload is malformed";
    const issuer = typeof claims.iss === "string" ? this.#issuers.get(claims.iss) : undefined;
    if (issuer === undefined) return FOREIGN;
    const header = readHeader(encodedHeader, issuer);
    if (typeof header === "string") return header;
    const acceptable = judgeClaims(claims, issuer, this.#now());
    if (typeof acceptable === "string") return acceptable;
    return { header, claims, acceptable, issuer };
  }

  async #verifySignature(
    token: string,
    { header, claims, acceptable, issuer }: Claimed,
    presented: string,
    ctx: RequestContext,
  ): Promise<Identity | Refusal> {
    const { keySet, algorithms } = issuer;
    const hint = issuer.ignoresKid ? { alg: header.alg, kid: undefined } : header;
    const keys = await keySet.load(ctx);
    if (keys instanceof Refusal) return keys;
    let proof = await prove(token, hint, keys, algorithms);
    if ("fault" in proof && proof.unknown) {
      const newer = await keySet.reload(keys, ctx);
      if (newer !== undefined) proof = await prove(token, hint, newer, algorithms);
    }
    if ("fault" in proof) return this.#invalid(proof.fault);
    const identity = identityOf(claims, acceptable, issuer);
    this.#verified.set(presented, { identity, until: acceptable.expiresAt, key: proof.key, keySet });
    return identity;
  }

  #invalid(reason: string): Refusal {
    return invalidToken(reason, this.#rules.challenge);
  }
}
