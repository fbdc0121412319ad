// What the hand-written Workers share: the duties of one forwarding route, written for speed and for nothing
// else. No file of the gateway is used here, or the yardstick would move with what it measures.

export interface Env {
  readonly ORIGIN: string;
  /** The issuer's public key as a JWK. */
  readonly JWK: string;
}

/** One request on its way through. */
export interface Exchange {
  readonly request: Request;
  readonly start: number;
  readonly id: string;
  readonly traceId: string;
  readonly traceparent: string;
  readonly tracestate: string | null;
  readonly address: string;
  readonly scheme: string;
  readonly host: string;
  /** Normalised path; the raw one where the request is refused for it. */
  readonly path: string;
  readonly search: string;
  route: string;
  identity: string | undefined;
  /** The id of the key that was presented. */
  key: string | undefined;
  upstreamStatus: number;
  /** Negative until the origin was called. */
  upstreamMs: number;
}

const ID = /^[A-Za-z0-9._-]{8,128}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Takes note of a request: id, trace, address, and its URL in parts. */
export function arrive(request: Request): Exchange {
  const { headers, url } = request;
  const inbound = headers.get("traceparent");
  const continued =
    inbound !== null && TRACEPARENT.test(inbound) && (inbound.length === 55 || !inbound.startsWith("00"));
  const random = randomHex(continued ? 8 : 24);
  const traceId = continued ? inbound.slice(3, 35) : random.slice(16);
  const flags = continued ? `0${Number.parseInt(inbound.charAt(54), 16) & 3}` : "01";
  const id = headers.get("x-request-id");
  const authority = url.indexOf("://") + 3;
  const path = url.indexOf("/", authority);
  const query = url.indexOf("?", path);
  return {
    request,
    start: Date.now(),
    id: id !== null && ID.test(id) ? id : traceId,
    traceId,
    traceparent: `00-${traceId}-${random.slice(0, 16)}-${flags}`,
    tracestate: continued ? headers.get("tracestate") : null,
    address: headers.get("cf-connecting-ip") ?? "",
    scheme: url.slice(0, authority - 3),
    host: url.slice(authority, path).toLowerCase(),
    path: query < 0 ? url.slice(path) : url.slice(path, query),
    search: query < 0 ? "" : url.slice(query),
    route: "",
    identity: undefined,
    key: undefined,
    upstreamStatus: 0,
    upstreamMs: -1,
  };
}

function randomHex(bytes: number): string {
  let text = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) text += HEX[byte];
  return text;
}

const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::\d+)?$/;
const BAD_QUERY = /[^\x21\x22\x24-\x7e]|%(?![0-9A-Fa-f]{2})|%00/;
const BAD_SEGMENT = /\/(?:\/|\.{1,2}(?:\/|$))/;
/** Nothing but what stands for itself: a path that needs an escape is not one of these routes'. */
const PLAIN = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/;

/** Matches the one route, `GET` below `prefix` with one more segment. @returns the answer where it is not met. */
export function match(exchange: Exchange, prefix: string, route: string): Response | undefined {
  const { path, search, host, request } = exchange;
  if (!HOST.test(host)) return problem(exchange, 400, "malformed-header");
  if (!PLAIN.test(path) || BAD_SEGMENT.test(path)) return problem(exchange, 400, "malformed-path");
  if (search !== "" && BAD_QUERY.test(search)) return problem(exchange, 400, "malformed-query");
  if (!path.startsWith(prefix) || path.length === prefix.length || path.includes("/", prefix.length)) {
    return problem(exchange, 404, "route-not-found");
  }
  exchange.route = route;
  const { method } = request;
  if (method === "GET" || method === "HEAD") return undefined;
  if (method === "OPTIONS")
    return new Response(null, { status: 204, headers: { allow: "GET, HEAD, OPTIONS" } });
  return problem(exchange, 405, "method-not-allowed", { allow: "GET, HEAD, OPTIONS" });
}

// Hop-by-hop fields (RFC 9110 §7.6.1), and those that only a proxy may set.
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
];
const HOP_BY_HOP_MORE = ["te", "trailer", "transfer-encoding", "upgrade"];
const STRIPPED_ANSWER = [...HOP_BY_HOP, ...HOP_BY_HOP_MORE];
const SPOOFABLE = ["x-forwarded-port", "x-forwarded-server", "x-real-ip", "true-client-ip", "tracestate"];
const IDENTITY = ["id", "subject", "issuer", "scopes", "credential"].map((name) => `x-identity-${name}`);
const STRIPPED_REQUEST = [...STRIPPED_ANSWER, ...SPOOFABLE, ...IDENTITY];

/** The fields that the origin is sent. */
export function originHeaders({
  request,
  id,
  traceparent,
  tracestate,
  address,
  scheme,
  host,
}: Exchange): Headers {
  const headers = new Headers(request.headers);
  stripNominated(headers);
  for (const name of STRIPPED_REQUEST) headers.delete(name);
  headers.set("x-request-id", id);
  headers.set("traceparent", traceparent);
  if (tracestate !== null) headers.set("tracestate", tracestate);
  headers.set("x-forwarded-for", address);
  headers.set("x-forwarded-proto", scheme);
  headers.set("x-forwarded-host", host);
  const node = address.includes(":") ? `"[${address}]"` : address;
  headers.set("forwarded", `for=${node};host="${host}";proto=${scheme}`);
  return headers;
}

function stripNominated(headers: Headers): void {
  const connection = headers.get("connection");
  if (connection === null) return;
  for (const name of connection.split(",")) {
    const token = name.trim();
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(token)) headers.delete(token);
  }
}

const DEADLINE_MS = 10_000;

/** Calls the origin; the deadline really ends the call, and ends with the response headers. */
export async function forward(exchange: Exchange, env: Env, headers: Headers): Promise<Response> {
  const { request, path, search } = exchange;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), DEADLINE_MS);
  const sent = Date.now();
  try {
    const response = await fetch(env.ORIGIN + path + search, {
      method: request.method,
      headers,
      redirect: "manual",
      signal: controller.signal,
    });
    exchange.upstreamStatus = response.status;
    const answer = new Response(response.body, response);
    stripNominated(answer.headers);
    for (const name of STRIPPED_ANSWER) answer.headers.delete(name);
    return answer;
  } catch {
    if (controller.signal.aborted) return problem(exchange, 504, "upstream-timeout");
    return problem(exchange, 502, "upstream-unreachable");
  } finally {
    clearTimeout(timer);
    exchange.upstreamMs = Date.now() - sent;
  }
}

/** Last touches on any answer, and one line of the access log after it. */
export function leave(exchange: Exchange, answer: Response, context: ExecutionContext): Response {
  answer.headers.set("x-request-id", exchange.id);
  answer.headers.set("traceparent", exchange.traceparent);
  context.waitUntil(DONE.then(() => log(exchange, answer.status)));
  return answer;
}

const DONE = Promise.resolve();

function log(exchange: Exchange, status: number): void {
  const { start, id, traceId, request, host, path, route, address, identity, key } = exchange;
  console.log(
    JSON.stringify({
      time: new Date(start).toISOString(),
      id,
      trace: traceId,
      method: request.method,
      host,
      path,
      route,
      status,
      ms: Date.now() - start,
      address,
      identity,
      key,
      ...(exchange.upstreamMs >= 0 && {
        upstreams: [{ upstream: "origin", status: exchange.upstreamStatus, ms: exchange.upstreamMs }],
      }),
    }),
  );
}

/** An answer of our own (RFC 9457). */
export function problem(
  { id }: Exchange,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = JSON.stringify({ type: `/errors#${code}`, title: code, status, code, requestId: id });
  return new Response(body, {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/** The answer to callers who prove nothing. @param scheme of the challenge */
export function unauthorized(exchange: Exchange, code: string, scheme = "Bearer"): Response {
  return problem(exchange, 401, code, { "www-authenticate": scheme });
}
