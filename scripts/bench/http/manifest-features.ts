// The benchmark's plain route among others that use what the plain route does not, and those others by themselves.
import type { MiddlewareHandler } from "hono";
import { defineGateway, defineRoutes, jwt, upstream } from "isogate";

const origin = upstream("origin", { origin: `http://127.0.0.1:${process.env.BENCH_ORIGIN_PORT}` });
const forward = { upstream: origin };
// Never reached: what is measured is the counting.
const limit = 100_000_000;

/** Its keys are never asked for: no request of the benchmark presents a token here. */
const staff = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "bench",
    keys: { url: "https://login.example/jwks.json" },
  },
});

const named: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("x-middleware", "bench");
};

export const features = defineRoutes(
  { prefix: "/v1", deadline: "10s", access: "public" },
  {
    "GET /products/:id": { forward },
    "GET /hooks/:id": {
      hooks: {
        request: () => undefined,
        response: (answer) => {
          answer.headers.set("x-hook", "bench");
        },
      },
      forward,
    },
    "GET /middleware/:id": { middleware: named, forward },
    "GET /variants/:id": [
      { when: { header: { "x-tenant": "tea" } }, forward },
      { when: { query: { view: "short" } }, forward },
      { when: { cookie: { beta: true } }, forward },
      { forward },
    ],
    "POST /variants/:id": [{ when: { body: { "/kind": "gift" } }, forward }, { forward }],
    "GET /limits/:id": {
      rateLimit: [
        { name: "a", limit, window: "1m", by: ["address"] },
        { name: "b", limit, window: "1h", algorithm: "fixedWindow", by: ["address"] },
        { name: "c", limit, window: "1s", algorithm: "tokenBucket", by: ["address"] },
      ],
      forward,
    },
    "GET /trial/:id": { access: { rule: staff, mode: "report", meanwhile: "public" }, forward },
    "GET /socket": { websocket: { origins: ["https://app.example"] }, forward },
    "GET /events": { stream: { idleTimeout: "30s" }, forward },
  },
);

export default defineGateway({
  routes: [features],
  stores: { counters: "memory", responses: "memory" },
});
