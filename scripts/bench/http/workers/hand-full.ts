// The same by hand with a verified token, identity headers and a rate limit: what the gateway's full route does.
import { AUDIENCE, ISSUER } from "./claims.ts";
import {
  arrive,
  type Env,
  type Exchange,
  forward,
  leave,
  match,
  originHeaders,
  problem,
} from "./exchange.ts";

interface Identity {
  readonly id: string;
  readonly subject: string;
  readonly scopes: string;
  /** Ms since the epoch. */
  readonly until: number;
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const exchange = arrive(request);
    const answer =
      match(exchange, "/v1/orders/", "GET /v1/orders/:id") ?? (await admit(exchange, env, exchange.start));
    return leave(exchange, answer, context);
  },
};

async function admit(exchange: Exchange, env: Env, now: number): Promise<Response> {
  const authorization = exchange.request.headers.get("authorization");
  if (authorization === null) return unauthorized(exchange, "credential-missing");
  let identity = verified.get(authorization);
  if (identity === undefined || now >= identity.until) {
    identity = await verify(authorization, env, now);
    if (identity === undefined) return unauthorized(exchange, "credential-invalid");
    remember(verified, authorization, identity);
  }
  exchange.identity = identity.id;

  const grant = take(identity.id, now);
  const limits = { policy: POLICY, state: `"api";r=${grant.remaining};t=${grant.reset}` };
  if (!grant.allowed) {
    const fields = { "ratelimit-policy": limits.policy, ratelimit: limits.state };
    return problem(exchange, 429, "rate-limited", {
      "retry-after": `${Math.max(1, grant.reset)}`,
      ...fields,
    });
  }

  const headers = originHeaders(exchange);
  headers.delete("authorization");
  headers.set("x-identity-id", identity.id);
  headers.set("x-identity-subject", identity.subject);
  headers.set("x-identity-issuer", ISSUER);
  headers.set("x-identity-scopes", identity.scopes);
  headers.set("x-identity-credential", "jwt");
  const answer = await forward(exchange, env, headers);
  answer.headers.append("ratelimit-policy", limits.policy);
  answer.headers.append("ratelimit", limits.state);
  return answer;
}

function unauthorized(exchange: Exchange, code: string): Response {
  return problem(exchange, 401, code, { "www-authenticate": "Bearer" });
}

const CAPACITY = 10_000;
const verified = new Map<string, Identity>();

/** Keeps a map bounded: the oldest entry makes room. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.size >= CAPACITY) map.delete(map.keys().next().value ?? "");
  map.set(key, value);
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

interface Counter {
  window: number;
  current: number;
  previous: number;
}

const LIMIT = 100_000_000;
const WINDOW_SECONDS = 60;
const WINDOW_MS = WINDOW_SECONDS * 1000;
const POLICY = `"api";q=${LIMIT};w=${WINDOW_SECONDS}`;
const counters = new Map<string, Counter>();

/** A sliding window: this one, and the share of the last that still counts. */
function take(caller: string, now: number): { allowed: boolean; remaining: number; reset: number } {
  const window = Math.floor(now / WINDOW_MS);
  let counter = counters.get(caller);
  if (counter === undefined) {
    counter = { window, current: 0, previous: 0 };
    remember(counters, caller, counter);
  } else if (counter.window !== window) {
    counter.previous = counter.window === window - 1 ? counter.current : 0;
    counter.current = 0;
    counter.window = window;
  }
  const left = WINDOW_MS - (now - window * WINDOW_MS);
  const used = counter.current + Math.floor((counter.previous * left) / WINDOW_MS);
  const reset = Math.ceil(left / 1000);
  if (used >= LIMIT) return { allowed: false, remaining: 0, reset };
  counter.current++;
  return { allowed: true, remaining: LIMIT - used - 1, reset };
}
