import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** The issuer that tests sign for, and its partner with the shared secret. */
export const ISSUER = "https://login.example";
export const PARTNER = "https://partner.example";
export const AUDIENCE = "https://api.example";

/** A header's members beside `alg` and `kid`; undefined ones are left out. */
type Header = Readonly<Record<string, unknown>>;

/** Something that signs tokens. */
export interface Signer {
  /** The public half. */
  readonly jwk: JWK;
  /** Signs a good token of Ada's. @param claims in place of the good ones; undefined members are left out */
  sign(claims?: Readonly<Record<string, unknown>>, header?: Header): Promise<string>;
}

/** A key pair of an algorithm. */
export async function signer(alg: string, kid: string = `key-${alg}`): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
    sign: (claims, header) => signWith(privateKey, { alg, kid, typ: "JWT", ...header }, claims),
  };
}

/** Signs with a shared secret, or with bytes that are none. */
export function signWithSecret(
  secret: string | Uint8Array,
  claims: Readonly<Record<string, unknown>> = {},
  header: Header = {},
): Promise<string> {
  const key = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  return signWith(key, { alg: "HS256", typ: "JWT", ...header }, claims);
}

/** What the good tokens claim. */
export function goodClaims(now = Math.floor(Date.now() / 1_000)): JWTPayload {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "ada",
    iat: now - 60,
    exp: now + 600,
    scope: "orders:read orders:write",
  };
}

/** A token put together by hand, as an attacker would. */
export function forged(header: unknown, claims: unknown, signature = "c2lnbmF0dXJl"): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** The fields that present a token. */
export function bearing(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

function signWith(
  key: CryptoKey | Uint8Array,
  header: Readonly<Record<string, unknown>> & { readonly alg: string },
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { crit } = header;
  // The library signs an unknown critical parameter only when it is told that it is known.
  const known = Array.isArray(crit) ? { crit: Object.fromEntries(crit.map((name) => [name, true])) } : {};
  return new SignJWT(withoutUndefined({ ...goodClaims(), ...claims }))
    .setProtectedHeader(withoutUndefined(header))
    .sign(key, known);
}

function withoutUndefined<T extends object>(object: T): T {
  return JSON.parse(JSON.stringify(object)) as T;
}
