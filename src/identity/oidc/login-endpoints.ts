import * as oauth from "oauth4webapi";
import type { KeyedContext } from "../../context.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { LOGIN_SECONDS, loginName, readCookie, surplusLogins, writeLogin } from "./cookies.ts";
import type { Granted, LoginSecrets } from "./provider.ts";
import { safeReturnTo } from "./return-to.ts";
import type { Session } from "./session.ts";
import type { GateParts, SessionGate } from "./session-gate.ts";

const LOGIN = "oidc login";
/** Of a session's name, in bytes. */
const ID_BYTES = 16;

/** What a browser brings back from the provider, sealed in a cookie of its own for each login in progress. */
interface LoginInProgress extends LoginSecrets {
  readonly returnTo: string;
  /** Ms since the epoch. */
  readonly begunAt: number;
}

/** What the login's endpoints work with beside the gate's parts. */
export interface LoginParts extends GateParts {
  /** That are asked of the provider. */
  readonly scopes: readonly string[];
  readonly gate: SessionGate;
  readonly random: (bytes: Uint8Array) => Uint8Array;
}

/** Sends the browser to the provider, and remembers in a cookie what it must come back with. */
export async function beginLogin(ctx: KeyedContext, parts: LoginParts): Promise<Response> {
  const { path, names, seal, provider, deps } = parts;
  const secrets = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
  };
  const location = await provider.loginUrl(secrets, redirectUri(ctx, path), ctx);
  const returnTo = safeReturnTo(ctx.query.get("returnTo"), path);
  const begun: LoginInProgress = { ...secrets, returnTo, begunAt: deps.now() };
  const name = loginName(secrets.state, names);
  const surplus = surplusLogins(ctx.headers.get("cookie"), names);
  return redirectTo(location.href, [
    ...surplus.map((other) => writeLogin(other, "")),
    writeLogin(name, await seal.seal(JSON.stringify(begun), LOGIN)),
  ]);
}

/** The browser comes back: takes its code for tokens and begins the session. */
export async function finishLogin(ctx: KeyedContext, parts: LoginParts): Promise<Response> {
  const { path, names, provider, known, store, gate, rules, deps, random } = parts;
  const state = ctx.query.get("state") ?? "";
  const field = ctx.headers.get("cookie") ?? "";
  const name = loginName(state, names);
  const begun = await readLogin(readCookie(field, name), parts);
  if (begun === undefined) throw failed("this browser has not begun the login, or too long ago");

  let granted: Granted;
  try {
    granted = await provider.exchange(ctx.query, begun, redirectUri(ctx, path), ctx);
  } catch (cause) {
    throw cause instanceof RefusalError ? cause : failed(cause, [writeLogin(name, "")]);
  }
  const { idToken, claims, refreshToken, accessToken, lifetime } = granted;
  if (idToken === undefined || claims === undefined) throw failed("the provider gave no ID token");
  const now = deps.now();
  const session: Session = {
    id: hex(random(new Uint8Array(ID_BYTES))),
    generation: 0,
    startedAt: now,
    seenAt: now,
    idToken,
    // What the provider does not say was granted as asked (RFC 6749 §5.1).
    scopes: granted.scopes ?? parts.scopes,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(lifetime !== undefined && { tokenUntil: now + lifetime }),
    ...(rules.upstreamToken && { accessToken }),
  };
  const began = await known.seal(session);
  const cookies = await gate.cookiesOf(began, field);
  if (cookies === undefined) throw failed("the session is too large for cookies", [writeLogin(name, "")]);
  const { sid } = began.claims;
  const until = now + rules.maxAge;
  try {
    await store.open(began.owner, {
      id: session.id,
      startedAt: now,
      until,
      ...(sid !== undefined && { sid: known.sidOf(sid) }),
    });
  } catch (cause) {
    throw new RefusalError(refuse("store-unavailable", { headers: [["retry-after", "1"]], cause }));
  }
  known.seenAlive(began, now);
  return redirectTo(begun.returnTo, [writeLogin(name, ""), ...cookies]);
}

async function readLogin(
  sealed: string | undefined,
  { seal, deps }: LoginParts,
): Promise<LoginInProgress | undefined> {
  const text = sealed === undefined ? undefined : await seal.open(sealed, LOGIN);
  if (text === undefined) return undefined;
  const begun = JSON.parse(text) as LoginInProgress;
  return deps.now() < begun.begunAt + LOGIN_SECONDS * 1_000 ? begun : undefined;
}

/** The address that the provider must know: it sends codes to no other. */
function redirectUri({ scheme, host }: KeyedContext, path: string): string {
  return `${scheme}://${host}${path}/callback`;
}

function redirectTo(location: string, cookies: readonly string[]): Response {
  const headers = new Headers({ location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function failed(cause: unknown, cookies: readonly string[] = []): RefusalError {
  const headers = cookies.map((cookie) => ["set-cookie", cookie] as const);
  return new RefusalError(refuse("login-failed", { headers, cause }));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
