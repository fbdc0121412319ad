// What explanations have to be careful with: values of the environment, functions, routes that call routes.
import { anyOf, compose, defineGateway, defineRoutes, env, jwt, rateLimit, secret, upstream } from "isogate";

const set = upstream("set", { origin: env("SET_ORIGIN"), timeout: "2s" });
const unset = upstream("unset", { origin: env("UNSET_ORIGIN") });
const hidden = upstream("hidden", { origin: secret("HIDDEN_ORIGIN") });

const partner = jwt({
  issuers: { issuer: "https://partner.example", audience: "api", keys: { secret: secret("PARTNER_SECRET") } },
});
const login = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: ["api"],
    keys: { url: "https://login.example/keys.json" },
    algorithms: ["ES256"],
  },
});

function mustNotRun(): never {
  throw new Error("a function of the manifest was run");
}

export const routes = defineRoutes(
  { access: "public", deadline: "5s" },
  {
    "GET /set/*": { forward: { upstream: set } },
    "GET /unset": { forward: { upstream: unset } },
    "GET /hidden": { forward: { upstream: hidden } },
    "GET /hooked": {
      hooks: {
        request: mustNotRun,
        upstreamRequest: mustNotRun,
        upstreamResponse: mustNotRun,
        response: { run: mustNotRun, timeout: "500ms" },
        error: mustNotRun,
      },
      middleware: mustNotRun,
      headers: { request: { set: { "x-from": "{request.path}" } }, response: { remove: ["x-none"] } },
      forward: { upstream: set },
    },
    "GET /handled": { handler: mustNotRun },
    "GET /composed/:id": {
      rateLimit: rateLimit({ limit: 5, window: "10s" }),
      compose: compose(
        {
          inner: { route: "/inner/{params.id}" },
          after: {
            upstream: set,
            path: "/after/{inner.user.id}?name={inner.user.name}",
            method: "POST",
            headers: { "x-tag": "{inner.tag}" },
            body: { whole: "{inner.user}", list: ["{params.id}", 1] },
          },
        },
        { merge: mustNotRun },
      ),
    },
    "GET /socket": { websocket: true, forward: { upstream: set } },
    "GET /watched": { watchBody: true, forward: { upstream: set } },
    "GET /inner/:id": { forward: { upstream: unset, path: "/deep/{params.id}" } },
    "GET /both": { access: anyOf(partner, login({ scopes: ["read"] })), forward: { upstream: set } },
    "GET /tried": {
      access: { rule: partner, mode: "report", meanwhile: "public" },
      respond: { status: 204 },
    },
    "POST /typed": [
      { when: { body: { "/kind": "a" }, header: { "x-a": "1" } }, respond: { status: 201 } },
      { when: { host: "*.shop.example" }, respond: { status: 202 } },
      { when: { cookie: { group: "b" }, content: "text/*" }, respond: { status: 203 } },
    ],
    "ANY /typed": { respond: { status: 204 } },
  },
);

export default defineGateway({ routes: [routes], paths: { trailingSlash: "ignore", case: "insensitive" } });
