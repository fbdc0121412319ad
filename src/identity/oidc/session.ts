/** A login that holds. It travels sealed, in the browser's cookies. Times in ms since the epoch. */
export interface Session {
  /** Random; names it in the store. */
  readonly id: string;
  /** Grows by one with each refresh, so that an older cookie is known to be one. */
  readonly generation: number;
  readonly startedAt: number;
  /** When it was last used, as far as the cookie knows: written anew once that is a tenth of the idle timeout ago. */
  readonly seenAt: number;
  /** As the provider gave it; its claims were verified at the login or refresh. */
  readonly idToken: string;
  /** What the provider granted. */
  readonly scopes: readonly string[];
  /** When the provider must be asked again; undefined where it gave no refresh token and names no end. */
  readonly tokenUntil?: number;
  readonly refreshToken?: string;
  /** Only where origins are given it. */
  readonly accessToken?: string;
}

/** What becomes of sessions. Times in ms. */
export interface SessionRules {
  /** Without a request. */
  readonly idleTimeout: number;
  /** From the login, whatever happens. */
  readonly maxAge: number;
  /** Origins are given the access token, so there must be one that holds. */
  readonly upstreamToken: boolean;
  /** Claim, or path to one, with the roles. */
  readonly rolesClaim?: string | undefined;
  /** Claim, or path to one, with the registered caller's id. */
  readonly consumerClaim?: string | undefined;
}

/** Sooner than its end a token is refreshed by this, or by a third of what its life was where that is less. */
const REFRESH_AHEAD_MS = 60_000;

/** Moments in the life of a session, in ms since the epoch. */
export interface Moments {
  /** From then on it is over. */
  readonly end: number;
  /** From then on its cookie is written anew, so that it does not end while it is used. */
  readonly touch: number;
  /** From then on its tokens are refreshed. */
  readonly refresh: number;
  /** From then on it cannot be used without having been refreshed. */
  readonly stale: number;
}

/** When what becomes of a session. Nothing of it changes until the session is written anew. */
export function momentsOf(session: Session, rules: SessionRules): Moments {
  const { startedAt, seenAt, refreshToken, tokenUntil = Number.POSITIVE_INFINITY } = session;
  const end = Math.min(startedAt + rules.maxAge, seenAt + rules.idleTimeout);
  const touch = seenAt + rules.idleTimeout / 10;
  const life = Math.max(0, tokenUntil - seenAt);
  const refresh = tokenUntil - Math.min(REFRESH_AHEAD_MS, life / 3);
  if (refreshToken !== undefined) {
    return { end, touch, refresh, stale: rules.upstreamToken ? tokenUntil : Number.POSITIVE_INFINITY };
  }
  const never = Number.POSITIVE_INFINITY;
  return { end: rules.upstreamToken ? Math.min(end, tokenUntil) : end, touch, refresh: never, stale: never };
}

/** The session of a text that was sealed here; undefined where it is of a form that is no longer known. */
export function parseSession(text: string): Session | undefined {
  const { v, ...session } = JSON.parse(text) as Session & { readonly v?: number };
  return v === FORM ? session : undefined;
}

/** The text of a session, to be sealed. */
export function formatSession(session: Session): string {
  return JSON.stringify({ v: FORM, ...session });
}

/** Changes whenever the form does, so that older cookies mean a new login and not a failure. */
const FORM = 1;
