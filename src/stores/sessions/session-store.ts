/** A session as it is registered when it begins. Times in ms since the epoch. */
export interface NewSession {
  readonly id: string;
  /** The provider's name for its own session, where it has one. */
  readonly sid?: string | undefined;
  readonly startedAt: number;
  /** By then nobody would accept it any more, and it is forgotten. */
  readonly until: number;
}

/** Which of an owner's sessions are meant. */
export interface SessionChoice {
  readonly id?: string;
  readonly sid?: string;
  /** Only those that began before, in ms since the epoch. */
  readonly before?: number;
}

/** Who may refresh a session's tokens. A provider takes a refresh token once: who is second must not try. */
export type RefreshClaim =
  /** Who asked, and nobody else until it tells or its time is over. */
  | { readonly kind: "yours" }
  /** It has been done: the session as it is now, sealed. */
  | { readonly kind: "done"; readonly sealed: string }
  /** Another is at it, and who asked did not want to wait. */
  | { readonly kind: "busy" }
  /** Another has just failed at it. */
  | { readonly kind: "failed" }
  /** There is no such session any more. */
  | { readonly kind: "ended" };

/**
 * Which sessions live, and who refreshes them. All of an owner's sessions are in one place. What sessions hold stays
 * in their cookies: here is a refreshed one too, sealed, for requests that come with an older cookie.
 * Rejects where the store cannot be asked.
 */
export interface SessionStore {
  open(owner: string, session: NewSession): Promise<void>;
  /** The generation it is at; undefined where it has ended. */
  generation(owner: string, id: string): Promise<number | undefined>;
  /** @param wait for another that is at it */
  claimRefresh(owner: string, id: string, generation: number, wait: boolean): Promise<RefreshClaim>;
  /** A refresh has been done. @returns false where the session has ended meanwhile */
  renew(owner: string, id: string, generation: number, sealed: string): Promise<boolean>;
  /** A refresh has failed, and may be tried again after a while. */
  giveUp(owner: string, id: string): Promise<void>;
  end(owner: string, which: SessionChoice): Promise<void>;
  /** The owner of a provider's session; undefined where there is none. */
  ownerOf(sid: string): Promise<string | undefined>;
}

/** For how long a claim holds: longer than a provider may take to answer. */
export const CLAIM_MS = 8_000;
/** For how long after a failure nobody tries again. */
export const COOL_DOWN_MS = 5_000;

/** What a refresh is decided by. */
export interface RefreshState {
  readonly generation: number;
  readonly sealed: string | null;
  /** Until then a claim holds; ms since the epoch. */
  readonly claimedUntil: number;
  readonly failedUntil: number;
}

/** Decides a claim; `yours` is for the caller to write down. */
export function judgeClaim(state: RefreshState | undefined, generation: number, now: number): RefreshClaim {
  if (state === undefined) return { kind: "ended" };
  if (state.generation > generation && state.sealed !== null) return { kind: "done", sealed: state.sealed };
  if (now < state.claimedUntil) return { kind: "busy" };
  return { kind: now < state.failedUntil ? "failed" : "yours" };
}

/** Wakes those who wait for a session's refresh. */
export class RefreshWaiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Settles when {@link wake} is called for it, or after `ms`. */
  wait(id: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting);
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(done, ms);
      waiting.add(done);
    });
  }

  wake(id: string): void {
    for (const done of [...(this.#waiting.get(id) ?? [])]) done();
  }
}
