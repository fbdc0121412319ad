import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";
import { Budget } from "../../src/budget.ts";
import type { KeyedContext, RequestContext } from "../../src/context.ts";
import type { Deps } from "../../src/deps.ts";
import { isEnvReference } from "../../src/env.ts";
import { problem } from "../../src/errors/problem.ts";
import { Refusal } from "../../src/errors/refusal.ts";
import type { Credential } from "../../src/identity/credential.ts";
import { create, type JwtIssuer, type JwtOptions, options } from "../../src/identity/credentials/jwt.ts";
import type { Requirements } from "../../src/identity/declare.ts";
import type { Identity } from "../../src/identity/identity.ts";
import { createKeySets, type KeySets } from "../../src/identity/key-sets.ts";
import { createMemoryNonces } from "../../src/stores/nonces/memory.ts";
import type { NonceStore } from "../../src/stores/nonces/nonce-store.ts";
import { isUpstream } from "../../src/upstream/declare.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";

/** The tests' clock: 2026-11-20. */
export const NOW = 1_795_132_800_000;
export const SECONDS = NOW / 1_000;
export const ISSUER = "https://issuer.example";
export const AUDIENCE = "https://api.example";

/** Claims of a good token at {@link NOW}. */
export const GOOD = { iss: ISSUER, aud: AUDIENCE, sub: "user-1", iat: SECONDS - 60, exp: SECONDS + 600 };

export interface TestKey {
  readonly publicJwk: JWK;
  /** @param header beside `alg` and `kid`; undefined members are left out */
  sign(claims: Readonly<Record<string, unknown>>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** ES256 only: a true signature over whatever stands there, a text as it is and anything else as JSON. */
  signRaw(header: unknown, payload: unknown): Promise<string>;
}

/** A key pair. @param kid null for none */
export async function testKey(alg: string, kid: string | null = `key-${alg}`): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const named = kid === null ? {} : { kid };
  return {
    publicJwk: { ...(await exportJWK(publicKey)), ...named, alg, use: "sig" },
    sign: (claims, header = {}) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg, typ: "JWT", ...named, ...header })
        .sign(privateKey),
    async signRaw(header, payload) {
      const input = `${encoded(header)}.${encoded(payload)}`;
      const bytes = new TextEncoder().encode(input);
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, bytes);
      return `${input}.${encodedBytes(new Uint8Array(signature))}`;
    },
  };
}

/** A token put together by hand, as an attacker would. */
export function rawToken(header: unknown, payload: unknown, signature = "c2ln"): string {
  return `${encoded(header)}.${encoded(payload)}.${signature}`;
}

/** Base64url of a text, or of a value's JSON. */
export function encoded(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return encodedBytes(new TextEncoder().encode(text));
}

function encodedBytes(bytes: Uint8Array): string {
  const binary = String.fromCharCode(...bytes);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The parts of a request's context that credentials use. */
export function context(
  init: { headers?: HeadersInit; path?: string; search?: string; method?: string; cf?: object } = {},
) {
  const background: Array<Promise<unknown>> = [];
  const { path = "/", search = "", headers = {}, method = "GET", cf } = init;
  const request = new Request(`https://gateway.example${path}${search}`, {
    headers,
    method,
    ...(cf && { cf: cf as CfProperties }),
  });
  const ctx = {
    request,
    method,
    scheme: "https",
    host: "gateway.example",
    path,
    search,
    query: new URLSearchParams(search),
    budget: new Budget(NOW + 30_000),
    record: {},
    execution: { waitUntil: (promise: Promise<unknown>) => void background.push(promise) },
    identity: undefined,
    systemContext: () => ({}) as KeyedContext,
  } as unknown as RequestContext;
  return Object.assign(ctx, { background });
}

/** A context whose request presents the token. */
export function bearing(token: string) {
  return context({ headers: { authorization: `Bearer ${token}` } });
}

/** A clock that tests move by hand. */
export function clock() {
  let now = NOW;
  return Object.assign(() => now, {
    advance(ms: number) {
      now += ms;
    },
  });
}

/** Key sets whose issuer must not be asked. */
export const noKeySets: KeySets = createKeySets({
  now: () => NOW,
  fetchKeySet: () => Promise.reject(new Error("not to be fetched")),
});

/** A jwt credential as a route gets it, from what a user writes. */
export function jwtCredential(
  written: JwtOptions,
  {
    now = (): number => NOW,
    keySets = noKeySets,
    requirements = {} as Requirements,
    nonces = createMemoryNonces(now) as NonceStore,
    upstream = undefined as Upstream | undefined,
  } = {},
): Credential {
  const deps = { now, keySets, nonces } as unknown as Deps;
  const resolved = running(options().parse(written), upstream) as Parameters<typeof create>[0];
  return create(resolved, requirements, { deps });
}

/** As the runtime does: secrets' names are replaced by their values, here the name itself, and upstreams by one that runs. */
export function running(value: unknown, upstream?: Upstream): unknown {
  if (isEnvReference(value)) return value.$env;
  if (isUpstream(value)) return upstream;
  if (Array.isArray(value)) return value.map((one) => running(one, upstream));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, running(inner, upstream)]));
}

/** An issuer with these keys written down. */
export function inlineIssuer(keys: readonly TestKey[], more: Partial<JwtIssuer> = {}): JwtIssuer {
  return {
    issuer: ISSUER,
    audience: AUDIENCE,
    keys: { keys: keys.map(({ publicJwk }) => ({ ...publicJwk })) },
    ...more,
  };
}

/** The verdict as an identity. */
export function identity(verdict: unknown): Identity {
  if (verdict instanceof Refusal) throw new Error(`refused: ${verdict.code}: ${verdict.details.cause}`);
  if (verdict === undefined) throw new Error("nothing was presented");
  return verdict as Identity;
}

/** The verdict as a refusal. */
export function refusal(verdict: unknown): Refusal {
  if (verdict instanceof Refusal) return verdict;
  throw new Error(`not refused: ${JSON.stringify(verdict)}`);
}

/** Everything a client can see of a refusal. */
export async function shown(verdict: unknown) {
  const response = problem(refusal(verdict), "request-1");
  const challenge = response.headers.get("www-authenticate");
  return { status: response.status, challenge, body: await response.json() };
}
