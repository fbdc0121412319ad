import type { Identity } from "./identity.ts";
import type { KeySet } from "./key-sets.ts";
import type { VerificationKey } from "./keys/verification-key.ts";

/** A token that was verified, and what that rests on. */
export interface VerifiedToken {
  readonly identity: Identity;
  /** Until then, in ms since the epoch, the token itself holds. */
  readonly until: number;
  /** The key that proved it. */
  readonly key: VerificationKey;
  /** The set that must still hold the key. */
  readonly keySet: KeySet;
}

/**
 * Remembers verified tokens by the exact field value that carried them. Bounded: entries live in two generations,
 * and when the young one is full the old one is forgotten, so that a hit need not keep any order.
 * Refusals are not remembered: they would push out what callers with rights are served by.
 */
export class TokenCache<Token = VerifiedToken> {
  readonly #perGeneration: number;
  #young = new Map<string, Token>();
  #old = new Map<string, Token>();

  /** @param capacity most entries ever held */
  constructor(capacity: number) {
    this.#perGeneration = Math.max(1, Math.floor(capacity / 2));
  }

  get(authorization: string): Token | undefined {
    const young = this.#young.get(authorization);
    if (young !== undefined) return young;
    const old = this.#old.get(authorization);
    if (old !== undefined) this.set(authorization, old);
    return old;
  }

  set(authorization: string, token: Token): void {
    if (this.#young.size >= this.#perGeneration && !this.#young.has(authorization)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(authorization, token);
  }

  /** What is remembered, in no order. */
  *values(): Iterable<Token> {
    yield* this.#young.values();
    yield* this.#old.values();
  }

  delete(authorization: string): void {
    this.#young.delete(authorization);
    this.#old.delete(authorization);
  }
}
