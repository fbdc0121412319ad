// Tokens by hand, for the Workers that take them: verified once and then remembered.
import { AUDIENCE, ISSUER } from "./claims.ts";
import type { Env } from "./exchange.ts";
import { remember } from "./remember.ts";

/** Who has presented a token. */
export interface Identity {
  readonly id: string;
  readonly subject: string;
  readonly scopes: string;
  /** Ms since the epoch. */
  readonly until: number;
}

const verified = new Map<string, Identity>();

/** Who is known to present this field: nothing is waited for. */
export function knownCaller(authorization: string, now: number): Identity | undefined {
  const identity = verified.get(authorization);
  return identity !== undefined && now < identity.until ? identity : undefined;
}

/** Verifies the token; undefined where it does not hold. */
export async function provenCaller(
  authorization: string,
  env: Env,
  now: number,
): Promise<Identity | undefined> {
  const identity = await verify(authorization, env, now);
  if (identity !== undefined) remember(verified, authorization, identity);
  return identity;
}

/** Tells the origin who calls, in place of the token. */
export function nameCaller(headers: Headers, { id, subject, scopes }: Identity): void {
  headers.delete("authorization");
  headers.set("x-identity-id", id);
  headers.set("x-identity-subject", subject);
  headers.set("x-identity-issuer", ISSUER);
  headers.set("x-identity-scopes", scopes);
  headers.set("x-identity-credential", "jwt");
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const TOLERANCE_SECONDS = 10;
const encoder = new TextEncoder();
let key: Promise<CryptoKey> | undefined;

async function verify(authorization: string, env: Env, now: number): Promise<Identity | undefined> {
  const token = /^bearer +([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization);
  if (token === null || authorization.length > 8192) return undefined;
  try {
    const [, head = "", payload = "", signature = ""] = token;
    const header = JSON.parse(new TextDecoder().decode(decode(head)));
    if (header.alg !== "ES256" || header.crit !== undefined) return undefined;
    if (header.typ !== undefined && !/^(?:at\+)?jwt$/i.test(header.typ)) return undefined;
    const claims = JSON.parse(new TextDecoder().decode(decode(payload)));
    const seconds = now / 1000;
    if (claims.iss !== ISSUER || ![claims.aud].flat().includes(AUDIENCE)) return undefined;
    if (typeof claims.exp !== "number" || seconds >= claims.exp + TOLERANCE_SECONDS) return undefined;
    if (claims.nbf !== undefined && !(seconds + TOLERANCE_SECONDS >= claims.nbf)) return undefined;
    if (typeof claims.sub !== "string" || claims.sub === "") return undefined;
    const jwk = JSON.parse(env.JWK);
    if (header.kid !== undefined && header.kid !== jwk.kid) return undefined;
    key ??= crypto.subtle.importKey("jwk", jwk, ALGORITHM, false, ["verify"]);
    const signed = encoder.encode(`${head}.${payload}`);
    if (!(await crypto.subtle.verify(SIGNATURE, await key, decode(signature), signed))) return undefined;
    const until = (claims.exp + TOLERANCE_SECONDS) * 1000;
    return { id: `${ISSUER}#${claims.sub}`, subject: claims.sub, scopes: claims.scope ?? "", until };
  } catch {
    return undefined;
  }
}

function decode(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
