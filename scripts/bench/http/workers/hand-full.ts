// The same by hand with a verified token, identity headers and a rate limit: what the gateway's full route does.
import {
  arrive,
  type Env,
  type Exchange,
  forward,
  leave,
  match,
  originHeaders,
  problem,
  unauthorized,
} from "./exchange.ts";
import { remember } from "./remember.ts";
import { knownCaller, nameCaller, provenCaller } from "./token.ts";

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
  const identity = knownCaller(authorization, now) ?? (await provenCaller(authorization, env, now));
  if (identity === undefined) return unauthorized(exchange, "credential-invalid");
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
  nameCaller(headers, identity);
  const answer = await forward(exchange, env, headers);
  answer.headers.append("ratelimit-policy", limits.policy);
  answer.headers.append("ratelimit", limits.state);
  return answer;
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
