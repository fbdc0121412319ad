import type { RequestContext } from "../../context.ts";
import type { Refusal } from "../../errors/refusal.ts";
import type { NonceStore } from "../../stores/nonces/nonce-store.ts";
import type { Identity } from "../identity.ts";
import type { SchemePatterns } from "./bearer.ts";

/** What is asked of a verified token at every request, remembered or not. @returns why it is refused */
export type TokenCheck = (
  identity: Identity,
  ctx: RequestContext,
) => Refusal | undefined | Promise<Refusal | undefined>;

/** How the callers of a credential prove that they hold the key which their token is bound to (RFC 7800). */
export interface ProofOfPossession {
  /** The scheme that such tokens come by. */
  readonly scheme: SchemePatterns;
  readonly challenge: string;
  /** Header fields of proofs, in lower case. They are for this gateway's URL and worth nothing to an origin. */
  readonly withheld: readonly string[];
  readonly check: TokenCheck;
  /** What the caller's answer has for its next proof. */
  finalise?(ctx: RequestContext, headers: Headers): void;
}

/** What proofs are checked with. */
export interface ProofRules {
  /** How far a caller's clock may be from ours, in ms. */
  readonly tolerance: number;
  /** Present where proofs must hold a nonce of the gateway's. */
  readonly nonceSecret?: string | undefined;
  readonly now: () => number;
  readonly nonces: NonceStore;
}

/** Makes a kind of proof ready: bundled only where it is declared. */
export type CreateProof = (rules: ProofRules) => ProofOfPossession;
