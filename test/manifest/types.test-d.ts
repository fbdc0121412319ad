// What the type checker must and must not let a manifest say. Nothing here runs: `npm run typecheck` is the test.

import { basicAuth } from "hono/basic-auth";
import { some } from "hono/combine";
import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { validator } from "hono/validator";
import {
  allOf,
  anyOf,
  cache,
  compose,
  defineGateway,
  defineRoutes,
  env,
  type HandlerContext,
  jwt,
  type Route,
  rateLimit,
  secret,
  service,
  upstream,
} from "isogate";
import { expectTypeOf } from "vitest";

const api = upstream("api", { origin: "https://api.example" });
const token = jwt({ issuers: { issuer: "x", audience: "a", keys: { url: "https://x.example/jwks" } } });

const jwk = createMiddleware<{ Variables: { who: string } }>(async (c, next) => {
  c.set("who", "ada");
  await next();
});

// Path parameters come from the group's prefix and the route's key.
defineRoutes(
  { prefix: "/:tenant/v1" },
  {
    "GET /users/:id/files/*": {
      access: "public",
      handler: (ctx) => {
        expectTypeOf(ctx.params).toEqualTypeOf<{
          readonly tenant: string;
          readonly id: string;
          readonly "*": string;
        }>();
        // @ts-expect-error no such parameter
        ctx.params.ide;
        return {};
      },
    },
    "POST /orders/:id{[0-9]+}/items/:item{[a-z-]+}": {
      access: "public",
      handler: ({ params }) => {
        expectTypeOf(params).toEqualTypeOf<{
          readonly tenant: string;
          readonly id: string;
          readonly item: string;
        }>();
        return { item: params.item };
      },
    },
    // Also in a list of variants.
    "GET /list/:id": [
      { access: "public", when: { query: { q: true } }, handler: ({ params }) => ({ id: params.id }) },
      {
        access: "public",
        // @ts-expect-error no such parameter
        handler: ({ params }) => ({ id: params.ide }),
      },
    ],
  },
);

// Without parameters there are none.
defineRoutes(
  {},
  {
    "GET /": {
      access: "public",
      handler: ({ params }) => {
        expectTypeOf<keyof typeof params>().toEqualTypeOf<never>();
        return {};
      },
    },
  },
);

// A function written elsewhere takes the parameters that it needs, and no others.
const byId = ({ params }: HandlerContext<{ readonly id: string }>) => ({ id: params.id });
defineRoutes({ access: "public" }, { "GET /a/:id": { handler: byId } });
// @ts-expect-error the path has no `id`
defineRoutes({ access: "public" }, { "GET /a/:name": { handler: byId } });

// Hooks see them too, as functions or with bounds; those of a group serve several paths.
defineRoutes(
  {
    access: "public",
    prefix: "/:tenant",
    hooks: { request: ({ params, note }) => note(`${params.whatever}`) },
  },
  {
    "GET /users/:id": {
      respond: {},
      hooks: {
        request: async ({ params, json, note }) => {
          expectTypeOf(params).toEqualTypeOf<{ readonly tenant: string; readonly id: string }>();
          note(`${await json()}`);
        },
        upstreamRequest: {
          run: ({ path }, { params }) => ({ path: `${path}/${params.id}` }),
          timeout: "50ms",
        },
        upstreamResponse: {
          run: ({ status }, { params, note }) => note(`${status} ${params.tenant}`),
          onFailure: "allow",
        },
        // @ts-expect-error no such parameter
        response: (_, { params }) => Response.json(params.ide),
        error: { run: ({ code, status }) => Response.json({ code }, { status }), timeout: "1s" },
      },
    },
    "GET /list/:id": [{ respond: {}, hooks: { request: ({ params, note }) => note(params.id) } }],
  },
);
const hooks = (of: Route["hooks"]) => of;
// @ts-expect-error the error hook always gives way to the problem
hooks({ error: { run: () => undefined, onFailure: "deny" } });
// @ts-expect-error a misspelt failure mode
hooks({ request: { run: () => undefined, onFailure: "open" } });
// @ts-expect-error the request hook answers with a Response
hooks({ request: () => "no" });
// @ts-expect-error the method of a request to an upstream cannot be changed
hooks({ upstreamRequest: () => ({ method: "PUT" }) });

// Middleware of Hono, one or several.
defineRoutes(
  { access: "public", middleware: secureHeaders() },
  {
    "GET /a": {
      respond: {},
      middleware: [requestId(), some(basicAuth({ username: "a", password: "b" }), jwk)],
    },
    "GET /b": {
      respond: {},
      middleware: async (c, next) => {
        expectTypeOf(c.req.header("x")).toEqualTypeOf<string | undefined>();
        await next();
        c.header("x-a", "1");
      },
    },
    "GET /c": { respond: {}, middleware: validator("json", (value, c) => value ?? c.text("no", 422)) },
  },
);
// @ts-expect-error what makes the middleware is not it
defineRoutes({ access: "public" }, { "GET /a": { respond: {}, middleware: requestId } });

// Keys.
// @ts-expect-error an unknown key
defineRoutes({}, { "GET /a": { access: "public", respond: {}, ratelimit: {} } });
// @ts-expect-error an unknown key of a policy
defineRoutes({}, { "GET /a": { access: "public", respond: {}, cache: { tll: "1m" } } });
// @ts-expect-error an unknown key of an action
defineRoutes({}, { "GET /a": { access: "public", forward: { upstream: api, timeot: "1s" } } });
// @ts-expect-error an unknown key of the group
defineRoutes({ prefx: "/v1" }, { "GET /a": { access: "public", respond: {} } });
// @ts-expect-error an unknown key of the gateway
defineGateway({ routes: [], rotues: [] });
// @ts-expect-error a method that is none
defineRoutes({}, { "FETCH /a": { access: "public", respond: {} } });
// @ts-expect-error a path without a slash
defineRoutes({}, { "GET a": { access: "public", respond: {} } });

// Exactly one action.
// @ts-expect-error two actions
defineRoutes({}, { "GET /a": { access: "public", respond: {}, redirect: { to: "/b" } } });
// @ts-expect-error no action
defineRoutes({}, { "GET /a": { access: "public" } });

// Who may call.
defineRoutes({ access: anyOf(token, allOf(token, token({ scopes: ["a"] }))) }, { "GET /a": { respond: {} } });
// @ts-expect-error a misspelling
defineRoutes({ access: "pubic" }, { "GET /a": { respond: {} } });
// @ts-expect-error public is no credential to join
defineRoutes({ access: anyOf(token, "public") }, { "GET /a": { respond: {} } });
// @ts-expect-error unknown requirement
defineRoutes({ access: token({ scope: ["a"] }) }, { "GET /a": { respond: {} } });
// @ts-expect-error access is never a default of the whole gateway
defineGateway({ defaults: { access: "public" }, routes: [] });
// @ts-expect-error a rule cannot take anything away
defineGateway({ require: [{ match: "/*", access: "public" }], routes: [] });

// A list where a route may have several, and only there.
const limit = rateLimit({ limit: 1, window: "1m" });
defineRoutes(
  { access: "public", rateLimit: [limit, { limit: 2, window: "1h", name: "hour" }] },
  { "GET /a": { respond: {} } },
);
// @ts-expect-error one CORS rule for a route
defineRoutes({ access: "public", cors: [{ origins: "*" }] }, { "GET /a": { respond: {} } });

// Presets keep what they are made of, as they are, spread, or declared constant.
const minute = cache({ ttl: "1m", key: { query: ["q"] }, tags: ["a"] });
const constant = { ttl: "1m", key: { query: ["q"] }, tags: ["a"] } as const;
defineRoutes(
  { access: "public" },
  {
    "GET /a": { cache: minute, rateLimit: limit, respond: {} },
    "GET /b": { cache: { ...minute, tags: ["b"] }, respond: {} },
    "GET /c": { cache: constant, respond: {} },
  },
);
// @ts-expect-error a preset is checked where it is written
cache({ tll: "1m" });
// @ts-expect-error a limit without its window
rateLimit({ limit: 1 });

// Upstreams are objects, not names; an origin is one of a few things.
upstream("a", { origin: env("API") });
upstream("a", { origin: secret("API") });
upstream("a", { origin: service("API") });
upstream("a", { origin: { fetch: () => new Response() } });
// @ts-expect-error not a URL, and not an app either
upstream("a", { origin: 5 });
// @ts-expect-error a name is not the object
defineRoutes({}, { "GET /a": { access: "public", forward: { upstream: "api" } } });

// Steps give merge its types, and an unknown key of a step is none.
compose(
  { a: { upstream: api, path: "/a" }, b: { upstream: api, path: "/b", optional: true, fallback: [] } },
  {
    merge: (parts) => {
      expectTypeOf<keyof typeof parts>().toEqualTypeOf<"a" | "b">();
      // @ts-expect-error no such step
      parts.c;
      return parts;
    },
  },
);
// @ts-expect-error an unknown key of a step
compose({ a: { upstream: api, path: "/a", timeot: "1s" } });
