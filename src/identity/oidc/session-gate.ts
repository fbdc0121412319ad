import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { keepFromCaches } from "../../http/keep-from-caches.ts";
import type { SessionStore } from "../../stores/sessions/session-store.ts";
import type { CredentialVerdict } from "../credential.ts";
import { mayChange } from "../cross-site/site-rule.ts";
import { invalidCredential } from "../invalid-credential.ts";
import { type CookieNames, clearSession, readSession, writeCsrf, writeSession } from "./cookies.ts";
import type { KnownSession, KnownSessions } from "./known-sessions.ts";
import { isNavigation } from "./navigation.ts";
import { type Granted, type Provider, SessionOver } from "./provider.ts";
import type { Seal } from "./seal.ts";
import type { Session, SessionRules } from "./session.ts";
import type { SiteGuard } from "./site-guard.ts";

/** What the caller is told of a session that was one. */
const OVER = "The session has ended";
/** After a provider has failed, an isolate does not ask again for this long. */
const RETRY_MS = 5_000;

/** What a gate is made of. */
export interface GateParts {
  /** Of the credential. */
  readonly challenge: string;
  readonly path: string;
  readonly names: CookieNames;
  readonly rules: SessionRules;
  readonly siteGuard: SiteGuard;
  readonly seal: Seal;
  readonly known: KnownSessions;
  readonly provider: Provider;
  readonly store: SessionStore;
  readonly deps: Pick<Deps, "now">;
}

/** Lets requests in by their session, and keeps sessions going: looks whether they still live, and refreshes them. */
export class SessionGate {
  readonly #parts: GateParts;
  /** Sessions whose tokens origins may be given, by their requests. */
  readonly #presented = new WeakMap<RequestContext, KnownSession>();
  /** Cookies that answers set, by their requests: few have any. */
  readonly #cookies = new WeakMap<RequestContext, readonly string[]>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Who calls: at once where the session is known here and nothing is due. */
  verify(ctx: RequestContext): CredentialVerdict | Promise<CredentialVerdict> {
    const { names, known, deps } = this.#parts;
    const field = ctx.request.headers.get("cookie");
    const sealed = field === null ? undefined : readSession(field, names);
    if (sealed === undefined) return undefined;
    const found = known.find(sealed);
    if (found !== undefined && deps.now() < found.quietUntil) return this.#admit(found, ctx);
    return this.#attend(sealed, found, ctx);
  }

  /** The answer to a request without a session: a browser is sent to log in. */
  invite({ method, request, path, search }: RequestContext): Response | undefined {
    if (!isNavigation(method, request.headers)) return undefined;
    const location = `${this.#parts.path}/login?returnTo=${encodeURIComponent(path + search)}`;
    return new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });
  }

  /** Access is granted: the origin is given the token, where it is the session that granted it. */
  admitted(ctx: RequestContext): void {
    const { session, identity } = this.#presented.get(ctx) ?? {};
    if (session?.accessToken === undefined || ctx.identity?.id !== identity?.id) return;
    ctx.toOrigin = [...(ctx.toOrigin ?? []), ["authorization", `Bearer ${session.accessToken}`]];
  }

  /** Puts on an answer what its request has done to the session. */
  finalise(ctx: RequestContext, headers: Headers): void {
    const cookies = this.#cookies.get(ctx);
    if (cookies === undefined) return;
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    keepFromCaches(headers);
  }

  /** What is due first: is it over, has it ended elsewhere, must its tokens or its cookie be renewed. */
  async #attend(
    sealed: string,
    found: KnownSession | undefined,
    ctx: RequestContext,
  ): Promise<CredentialVerdict> {
    const { known, deps } = this.#parts;
    let current = found ?? (await known.open(sealed));
    if (current === undefined) return this.#end(ctx, "the session cookie was not made here");
    const now = deps.now();
    if (now >= current.moments.end) return this.#end(ctx, "the session has expired", OVER);
    if (now >= current.moments.refresh && now >= current.retryAt) {
      const refreshed = await this.#refresh(current, ctx);
      if (refreshed === "over") return this.#end(ctx, "the provider has ended the session", OVER);
      current = refreshed;
    } else if (now >= current.aliveUntil) {
      const generation = await this.#ask(this.#parts.store.generation(current.owner, current.session.id));
      if (generation === undefined) return this.#end(ctx, "the session was logged out", OVER);
      known.seenAlive(current, now);
    }
    if (now >= current.moments.stale) {
      const cause = "the access token has expired and could not be refreshed";
      return refuse("login-unavailable", { headers: [["retry-after", "5"]], cause });
    }
    if (now >= current.moments.touch) current = await this.#write({ ...current.session, seenAt: now }, ctx);
    return this.#admit(current, ctx);
  }

  /** Asks the provider for new tokens, one request at a time over all isolates; the others use what came of it. */
  async #refresh(current: KnownSession, ctx: RequestContext): Promise<KnownSession | "over"> {
    const { known, store, deps } = this.#parts;
    const { session, owner, moments } = current;
    const must = deps.now() >= moments.stale;
    const claim = await this.#ask(store.claimRefresh(owner, session.id, session.generation, must));
    switch (claim.kind) {
      case "ended":
        return "over";
      case "done": {
        const newer = await known.open(claim.sealed);
        if (newer === undefined) return "over";
        // A cookie may be older than by one refresh: an answer with the next one was lost, and has not been missed since.
        if (deps.now() >= newer.moments.refresh) return this.#refresh(newer, ctx);
        return this.#write({ ...newer.session, seenAt: deps.now() }, ctx);
      }
      case "yours": {
        const work = this.#renew(current, ctx);
        // It goes on should the client leave: the provider takes the old refresh token no more.
        ctx.execution.waitUntil(work.catch(() => undefined));
        return work;
      }
      default:
        known.seenAlive(current, deps.now());
        known.postpone(current, deps.now() + RETRY_MS);
        return current;
    }
  }

  async #renew(current: KnownSession, ctx: RequestContext): Promise<KnownSession | "over"> {
    const { known, provider, store, deps, rules } = this.#parts;
    const { session, owner, claims } = current;
    let granted: Granted;
    try {
      granted = await provider.refresh(session.refreshToken ?? "", ctx);
      // OpenID Connect Core §12.2: the provider must still speak of the same person.
      if (granted.claims !== undefined && granted.claims.sub !== claims.subject)
        throw new SessionOver("the provider speaks of another subject");
    } catch (cause) {
      if (cause instanceof SessionOver) {
        await this.#ask(store.end(owner, { id: session.id }));
        return "over";
      }
      await this.#ask(store.giveUp(owner, session.id));
      ctx.record.notes ??= [];
      ctx.record.notes.push(`oidc: the refresh failed: ${messageOf(cause)}`);
      known.seenAlive(current, deps.now());
      known.postpone(current, deps.now() + RETRY_MS);
      return current;
    }
    const now = deps.now();
    const next = sessionOf(session, granted, now, rules);
    const written = await this.#write(next, ctx);
    return (await this.#ask(store.renew(owner, next.id, next.generation, written.sealed))) ? written : "over";
  }

  /** Seals a session anew, for the answer to carry. */
  async #write(session: Session, ctx: RequestContext): Promise<KnownSession> {
    const { known, deps } = this.#parts;
    const written = await known.seal(session);
    known.seenAlive(written, deps.now());
    const cookies = await this.cookiesOf(written, ctx.request.headers.get("cookie"));
    if (cookies !== undefined) this.#cookies.set(ctx, cookies);
    return written;
  }

  /** `Set-Cookie` values of a session; undefined where it is too large for a browser. */
  async cookiesOf(
    { sealed, session, moments }: KnownSession,
    before: string | null,
  ): Promise<string[] | undefined> {
    const { names, siteGuard, deps } = this.#parts;
    const seconds = Math.max(1, Math.floor((moments.end - deps.now()) / 1_000));
    const written = writeSession(sealed, seconds, names, before);
    return written && [...written, writeCsrf(await siteGuard.token(session.id), seconds, names)];
  }

  #admit(found: KnownSession, ctx: RequestContext): CredentialVerdict | Promise<CredentialVerdict> {
    if (found.session.accessToken !== undefined) this.#presented.set(ctx, found);
    if (!mayChange(ctx)) return found.identity;
    const verdict = this.#parts.siteGuard.judge(found.session.id, ctx, ctx.request.headers);
    return verdict.then((refusal) => refusal ?? found.identity);
  }

  #end(ctx: RequestContext, cause: string, detail?: string): Refusal {
    this.#cookies.set(ctx, clearSession(this.#parts.names, ctx.request.headers.get("cookie") ?? ""));
    return invalidCredential(this.#parts.challenge, cause, detail);
  }

  /** Sessions fail closed: where the store cannot be asked, nobody is let in by one. */
  async #ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      throw new RefusalError(refuse("store-unavailable", { headers: [["retry-after", "1"]], cause }));
    }
  }
}

/** A session with the tokens of a refresh; what the provider did not give anew stays. */
function sessionOf(session: Session, granted: Granted, now: number, rules: SessionRules): Session {
  const { tokenUntil: _, ...rest } = session;
  const { refreshToken = session.refreshToken, idToken = session.idToken, lifetime } = granted;
  return {
    ...rest,
    generation: session.generation + 1,
    seenAt: now,
    idToken,
    scopes: granted.scopes ?? session.scopes,
    ...(lifetime !== undefined && { tokenUntil: now + lifetime }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(rules.upstreamToken && { accessToken: granted.accessToken }),
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
