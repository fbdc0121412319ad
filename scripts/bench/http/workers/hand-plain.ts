// A forwarding route by hand: what the gateway's plain route does, and nothing more general.
import { arrive, type Env, forward, leave, match, originHeaders } from "./exchange.ts";

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const exchange = arrive(request);
    const answer =
      match(exchange, "/v1/products/", "GET /v1/products/:id") ??
      (await forward(exchange, env, originHeaders(exchange)));
    return leave(exchange, answer, context);
  },
};
