import { Generations } from "../../generations.ts";
import type { Identity } from "../identity.ts";
import { claimsOf, identityOfSession, type SessionClaims } from "./identity-of-session.ts";
import type { Seal } from "./seal.ts";
import {
  formatSession,
  type Moments,
  momentsOf,
  parseSession,
  type Session,
  type SessionRules,
} from "./session.ts";

/** Sessions remembered in an isolate for each declared credential. */
const REMEMBERED = 1_000;
/** Sessions are looked up by the end of their sealed form, which has the whole tag: hashing all of it would cost more. */
const KEY = 32;
/** For how long an isolate believes that a session lives without asking: the bound of a logout's staleness. */
export const ALIVE_MS = 30_000;
const SESSION = "oidc session";

/** A session that was opened in this isolate. */
export interface KnownSession {
  /** As its cookies have it. */
  readonly sealed: string;
  readonly session: Session;
  readonly claims: SessionClaims;
  readonly identity: Identity;
  readonly moments: Moments;
  /** Names all sessions of the same person in the store. */
  readonly owner: string;
  /** Until then it needs not be asked whether it has ended elsewhere. */
  aliveUntil: number;
  /** Until then its refresh is not tried again. */
  retryAt: number;
  /** Until then nothing is due. */
  quietUntil: number;
}

/** Opens and seals sessions, and remembers them by their sealed form: opening one costs more than all else. */
export class KnownSessions {
  readonly #seal: Seal;
  readonly #rules: SessionRules;
  readonly #client: string;
  readonly #remembered = new Generations<KnownSession>(REMEMBERED);

  /** @param client of the provider: the same person is another owner at another client */
  constructor(seal: Seal, rules: SessionRules, client: string) {
    this.#seal = seal;
    this.#rules = rules;
    this.#client = client;
  }

  /** The session, where it is known here. */
  find(sealed: string): KnownSession | undefined {
    const known = this.#remembered.get(sealed.slice(-KEY));
    return known?.sealed === sealed ? known : undefined;
  }

  /** The session of a cookie; undefined where it was not sealed here. */
  async open(sealed: string): Promise<KnownSession | undefined> {
    const text = await this.#seal.open(sealed, SESSION);
    const session = text === undefined ? undefined : parseSession(text);
    return session && this.#remember(sealed, session);
  }

  async seal(session: Session): Promise<KnownSession> {
    return this.#remember(await this.#seal.seal(formatSession(session), SESSION), session);
  }

  /** It was seen in the store, or written there. @param now ms since the epoch */
  seenAlive(known: KnownSession, now: number): void {
    known.aliveUntil = now + ALIVE_MS;
    settle(known);
  }

  /** Its refresh has failed, or another is at it. @param until ms since the epoch */
  postpone(known: KnownSession, until: number): void {
    known.retryAt = until;
    settle(known);
  }

  /** Some sessions have ended: here they are asked for again at once. */
  doubt(which: (known: KnownSession) => boolean): void {
    for (const known of this.#remembered.values()) {
      if (!which(known)) continue;
      known.aliveUntil = 0;
      known.quietUntil = 0;
    }
  }

  /** The name in the store of all sessions of a subject. */
  ownerOf(subject: string): string {
    return JSON.stringify([this.#client, subject]);
  }

  /** The name in the store of a provider's session. */
  sidOf(sid: string): string {
    return JSON.stringify([this.#client, "sid", sid]);
  }

  #remember(sealed: string, session: Session): KnownSession {
    const claims = claimsOf(session.idToken);
    const moments = momentsOf(session, this.#rules);
    const identity = identityOfSession(claims, session, moments.end, this.#rules);
    const owner = this.ownerOf(claims.subject);
    const known = { sealed, session, claims, identity, moments, owner };
    const remembered: KnownSession = { ...known, aliveUntil: 0, retryAt: 0, quietUntil: 0 };
    this.#remembered.set(sealed.slice(-KEY), remembered);
    return remembered;
  }
}

function settle(known: KnownSession): void {
  const { moments, aliveUntil, retryAt } = known;
  const refresh = Math.max(moments.refresh, retryAt);
  known.quietUntil = Math.min(aliveUntil, moments.end, moments.touch, refresh, moments.stale);
}
