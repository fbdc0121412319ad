// A verified token and identity headers by hand: what the gateway's route for tokens does.
import {
  arrive,
  type Env,
  type Exchange,
  forward,
  leave,
  match,
  originHeaders,
  unauthorized,
} from "./exchange.ts";
import { knownCaller, nameCaller, provenCaller } from "./token.ts";

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const exchange = arrive(request);
    const answer = match(exchange, "/v1/tokens/", "GET /v1/tokens/:id") ?? (await admit(exchange, env));
    return leave(exchange, answer, context);
  },
};

async function admit(exchange: Exchange, env: Env): Promise<Response> {
  const { request, start } = exchange;
  const authorization = request.headers.get("authorization");
  if (authorization === null) return unauthorized(exchange, "credential-missing");
  const identity = knownCaller(authorization, start) ?? (await provenCaller(authorization, env, start));
  if (identity === undefined) return unauthorized(exchange, "credential-invalid");
  exchange.identity = identity.id;
  const headers = originHeaders(exchange);
  nameCaller(headers, identity);
  return forward(exchange, env, headers);
}
