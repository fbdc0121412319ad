import { type JWTHeaderParameters, jwtVerify } from "jose";
import type { KeyedContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { BoundedBody } from "../../http/body.ts";
import type { SessionChoice } from "../../stores/sessions/session-store.ts";
import type { KeySet } from "../key-sets.ts";
import { KEY_PAIR_ALGORITHMS } from "../keys/algorithms.ts";
import { findKey } from "../keys/find-key.ts";
import { clearSession, readSession } from "./cookies.ts";
import type { LoginParts } from "./login-endpoints.ts";
import { judgeLogoutToken, type LogoutOrder } from "./logout-token.ts";

/** A logout token is given out to be used at once (Back-Channel Logout 1.0 §2.4), in seconds. */
const TOKEN_AGE_S = 120;
const TOLERANCE_S = 10;
const MOST_BODY_BYTES = 32 * 1_024;

/** What the logout's endpoints work with. */
export interface LogoutParts extends LoginParts {
  readonly issuer: string;
  readonly clientId: string;
  /** A path of this gateway, shown after a logout. */
  readonly afterLogout: string;
  readonly keySets: Deps["keySets"];
}

/** Somebody logs out here: the session ends, here and at the provider (RP-Initiated Logout 1.0). */
export async function logOut(ctx: KeyedContext, parts: LogoutParts): Promise<Response> {
  const { names, known, store, siteGuard, provider, afterLogout } = parts;
  const field = ctx.headers.get("cookie") ?? "";
  const sealed = readSession(field, names);
  const found = sealed === undefined ? undefined : (known.find(sealed) ?? (await known.open(sealed)));
  let location: string = afterLogout;
  if (found !== undefined) {
    const refusal = await siteGuard.judge(found.session.id, ctx, ctx.headers);
    if (refusal !== undefined) throw new RefusalError(refusal);
    await inStore(store.end(found.owner, { id: found.session.id }));
    known.doubt(({ session }) => session.id === found.session.id);
    const home = `${ctx.scheme}://${ctx.host}${afterLogout}`;
    // A provider that cannot be asked keeps nobody logged in here.
    const elsewhere = await provider.logoutUrl(found.session.idToken, home, ctx).catch((cause: unknown) => {
      if (!(cause instanceof RefusalError)) throw cause;
      return undefined;
    });
    location = elsewhere?.href ?? afterLogout;
  }
  const headers = new Headers({ location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  for (const cookie of clearSession(names, field)) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

/** The provider says that somebody has logged out (OpenID Connect Back-Channel Logout 1.0). */
export async function backChannelLogout(ctx: KeyedContext, parts: LogoutParts): Promise<Response> {
  const body = await new BoundedBody(ctx.body, MOST_BODY_BYTES).text();
  const token = new URLSearchParams(body).get("logout_token");
  if (token === null) throw malformed("there is no logout_token");
  const { subject, sid, issuedAt } = await readLogoutToken(token, ctx, parts);
  const { known, store } = parts;
  const owner =
    subject === undefined ? await inStore(store.ownerOf(known.sidOf(sid!))) : known.ownerOf(subject);
  // Sessions that began after it are not meant: a copy of it ends nobody's next one.
  const before = issuedAt + (TOKEN_AGE_S * 1_000) / 2;
  if (owner !== undefined)
    await endAll(owner, { ...(sid !== undefined && { sid: known.sidOf(sid) }), before }, parts);
  return new Response(null, { status: 200, headers: { "cache-control": "no-store" } });
}

/**
 * The provider shows this in a frame to a browser that logs out (OpenID Connect Front-Channel Logout 1.0). Frames of
 * other sites are sent no cookies, so what is believed is the name of the provider's session, which it alone knows.
 */
export async function frontChannelLogout(ctx: KeyedContext, parts: LogoutParts): Promise<Response> {
  const { known, store, issuer, names } = parts;
  const sid = ctx.query.get("sid");
  if (ctx.query.get("iss") !== issuer || sid === null || sid === "")
    throw malformed("iss and sid are not those of a session");
  const owner = await inStore(store.ownerOf(known.sidOf(sid)));
  if (owner !== undefined) await endAll(owner, { sid: known.sidOf(sid) }, parts);
  const headers = new Headers({ "cache-control": "no-store" });
  const field = ctx.headers.get("cookie") ?? "";
  const sealed = readSession(field, names);
  const own = sealed === undefined ? undefined : await known.open(sealed);
  if (own?.claims.sid === sid)
    for (const cookie of clearSession(names, field)) headers.append("set-cookie", cookie);
  return new Response(null, { status: 200, headers });
}

async function endAll(owner: string, which: SessionChoice, { store, known }: LogoutParts): Promise<void> {
  await inStore(store.end(owner, which));
  known.doubt((each) => each.owner === owner);
}

/** Proves a logout token as an ID token is proved (§2.6), then judges what makes it one. */
async function readLogoutToken(token: string, ctx: KeyedContext, parts: LogoutParts): Promise<LogoutOrder> {
  const { issuer, clientId, provider, keySets, deps } = parts;
  const { href: url } = await provider.keysUrl(ctx);
  let order: LogoutOrder | string;
  try {
    const { payload, protectedHeader } = await jwtVerify(
      token,
      (header) => keyOf(header, keySets.open({ url }), ctx),
      {
        issuer,
        audience: clientId,
        algorithms: [...KEY_PAIR_ALGORITHMS],
        maxTokenAge: TOKEN_AGE_S,
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(deps.now()),
        requiredClaims: ["exp"],
      },
    );
    const typed = protectedHeader.typ?.toLowerCase();
    const fits = typed === undefined || typed === "jwt" || typed === "logout+jwt";
    order = fits ? judgeLogoutToken(payload) : "its type is of another kind of token";
  } catch (cause) {
    throw cause instanceof RefusalError ? cause : malformed(cause);
  }
  if (typeof order === "string") throw malformed(order);
  return order;
}

/** @throws what jose passes on; RefusalError where there are no keys to be had */
async function keyOf(
  { alg, kid }: JWTHeaderParameters,
  keySet: KeySet,
  ctx: KeyedContext,
): Promise<CryptoKey> {
  const key = await findKey({ alg, kid }, KEY_PAIR_ALGORITHMS, keySet, ctx);
  if (key instanceof Refusal) throw new RefusalError(key);
  if ("fault" in key) throw new Error(key.fault);
  return key.cryptoKey(alg);
}

async function inStore<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new RefusalError(refuse("store-unavailable", { headers: [["retry-after", "1"]], cause }));
  }
}

function malformed(cause: unknown): RefusalError {
  return new RefusalError(refuse("login-failed", { cause }));
}
