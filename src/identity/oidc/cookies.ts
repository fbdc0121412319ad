import { GATEWAY_COOKIE } from "../../http/gateway-cookies.ts";

/** Characters of a value in one cookie: browsers take 4096 bytes for name, value and attributes together. */
const PIECE = 3_600;
/** Most cookies for one session: with more, requests outgrow what origins and browsers take. */
const MOST_PIECES = 4;
/** What a login in progress may take, in seconds. */
export const LOGIN_SECONDS = 600;
/** Logins that a browser may have in progress: a person's tabs, not a flood. */
const MOST_LOGINS = 5;

/** The names of one credential's cookies. */
export interface CookieNames {
  readonly session: string;
  /** Readable by scripts: the token that a request without `Origin` and `Sec-Fetch-Site` must repeat. */
  readonly csrf: string;
  /** Begins the names of logins in progress. */
  readonly login: string;
}

/** @param path of the login's routes: no two credentials have the same, so neither do their cookies */
export function cookieNames(path: string): CookieNames {
  const session = GATEWAY_COOKIE + path.slice(1).replaceAll("/", ".");
  return { session, csrf: `${session}~csrf`, login: `${session}~login.` };
}

/**
 * The value of a cookie; undefined where there is none, or several that differ. Looked for by its name, because taking
 * the whole field apart would cost every request more than all else here.
 */
export function readCookie(field: string, name: string): string | undefined {
  let found: string | undefined;
  for (let at = field.indexOf(name); at >= 0; at = field.indexOf(name, at + name.length)) {
    const sign = at + name.length;
    if (field[sign] !== "=" || !beginsPair(field, at)) continue;
    const end = field.indexOf(";", sign);
    const value = field.slice(sign + 1, end < 0 ? undefined : end).trimEnd();
    if (found !== undefined && found !== value) return undefined;
    found = value;
  }
  return found;
}

function beginsPair(field: string, at: number): boolean {
  let before = at - 1;
  while (field[before] === " ") before--;
  return before < 0 || field[before] === ";";
}

/** The sealed session that a request brings, put together from its pieces; undefined where there is none. */
export function readSession(field: string, { session }: CookieNames): string | undefined {
  const first = readCookie(field, session);
  if (first === undefined) return undefined;
  const count = Number(first[0]);
  // What is there and is no session is presented all the same: it is refused, and not passed over.
  if (first[1] !== "." || !(count >= 1 && count <= MOST_PIECES)) return first;
  if (count === 1) return first.slice(2);
  const pieces = Array.from({ length: count - 1 }, (_, index) =>
    readCookie(field, pieceName(session, index + 1)),
  );
  return pieces.includes(undefined) ? "" : first.slice(2) + pieces.join("");
}

/**
 * `Set-Cookie` values that hold a session.
 * @param seconds for which the browser keeps it
 * @param before the request's `Cookie` field: pieces of a larger session in it are deleted
 * @returns undefined where it is too large
 */
export function writeSession(
  sealed: string,
  seconds: number,
  { session }: CookieNames,
  before: string | null,
): string[] | undefined {
  const count = Math.ceil(sealed.length / PIECE);
  if (count > MOST_PIECES) return undefined;
  return Array.from({ length: MOST_PIECES }, (_, index) => {
    const piece = sealed.slice(index * PIECE, (index + 1) * PIECE);
    const name = pieceName(session, index);
    if (index < count) return hidden(name, index === 0 ? `${count}.${piece}` : piece, seconds);
    return before?.includes(`${name}=`) ? hidden(name, "", 0) : [];
  }).flat();
}

/** `Set-Cookie` values that delete a session, as far as the request brings one. */
export function clearSession({ session, csrf }: CookieNames, before: string): string[] {
  const names = [...Array.from({ length: MOST_PIECES }, (_, index) => pieceName(session, index)), csrf];
  return names.filter((name) => before.includes(`${name}=`)).map((name) => hidden(name, "", 0));
}

/** `Set-Cookie` of the token that scripts repeat. */
export function writeCsrf(token: string, seconds: number, { csrf }: CookieNames): string {
  return `${csrf}=${token}; Path=/; Secure; SameSite=Strict; Max-Age=${seconds}`;
}

/** The name of the cookie of the login that has this `state`. */
export function loginName(state: string, { login }: CookieNames): string {
  return login + state.slice(0, 16);
}

/** `Set-Cookie` of a login in progress, or that deletes it where it has no value. */
export function writeLogin(name: string, sealed: string): string {
  return hidden(name, sealed, sealed === "" ? 0 : LOGIN_SECONDS);
}

/** Names of logins in progress that a further one must make room for. */
export function surplusLogins(field: string | null, { login }: CookieNames): string[] {
  const names = (field ?? "").split(";").map((pair) => pair.split("=", 1)[0]!.trim());
  const open = names.filter((name) => name.startsWith(login));
  return open.length < MOST_LOGINS ? [] : open;
}

function pieceName(session: string, index: number): string {
  return index === 0 ? session : `${session}~${index}`;
}

/** Lax, so that it is there when the provider sends the browser back. */
function hidden(name: string, value: string, seconds: number): string {
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${seconds}`;
}
