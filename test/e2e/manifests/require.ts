// A rule of the gateway, and routes that try everything a route can say to get round it.
import { anyOf, compose, defineGateway, defineRoutes, env, jwt, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const token = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "https://api.example",
    keys: { upstream: upstream("issuer", { origin: env("ORIGIN") }), path: "/jwks.json" },
  },
});
const staff = token({ scopes: ["staff"] });

const forward = { upstream: origin };
const onTrial = { rule: staff, mode: "report", meanwhile: "public" } as const;

export const inside = defineRoutes(
  { prefix: "/inside", access: "public" },
  {
    "GET /public": { access: "public", forward },
    "GET /inherited": { forward },
    "GET /unsaid": { access: undefined, forward },
    "GET /trial": { access: onTrial, forward },
    "GET /any-token": { access: token, forward },
    "GET /any-of": { access: anyOf(token({ scopes: ["nobody"] }), token), forward },
    "GET /cached": { access: "public", cache: { ttl: "1m", public: true }, forward },
    "GET /by-handler": { access: "public", handler: () => ({ inside: true }) },
    "GET /fixed": { access: "public", respond: { json: { inside: true } } },
    "GET /elsewhere": { access: "public", redirect: { to: "/outside" } },
    "GET /variants": [
      { access: "public", when: { header: { "x-door": "back" } }, forward },
      { access: "public", forward },
    ],
    "GET /hooked": {
      access: "public",
      hooks: {
        request: () => Response.json({ inside: true }),
        response: (answer) => new Response(answer.body, { status: 200 }),
      },
      forward,
    },
    "ANY /every-method": { access: "public", forward },
  },
);

export const spelt = defineRoutes(
  { access: "public" },
  {
    "GET /%69nside/escaped": { forward },
    "GET /inside": { forward },
    "GET /inside/": { forward },
    "GET /:area/param": { forward },
    "GET /:area{inside|shop}/pattern": { forward },
    "GET /:area{[a-z]+}/*": { forward },
    "GET /*": { forward },
    "GET /inside/hosted": [
      { when: { host: "127.0.0.1" }, forward },
      { when: { host: "*.example" }, forward },
    ],
  },
);

/** Ways in from outside: each is public and asks a guarded route in its caller's name. */
export const doors = defineRoutes(
  { prefix: "/door", access: "public" },
  {
    "GET /composed": { compose: compose({ all: { route: "/inside/public" } }) },
    "GET /dispatched": { handler: ({ dispatch }) => dispatch("/inside/public") },
    "GET /hooked": { hooks: { request: ({ dispatch }) => dispatch("/inside/public") }, forward },
    "GET /chosen/*": { handler: ({ params, dispatch }) => dispatch(`/${params["*"]}`) },
    "GET /cached": {
      cache: { ttl: "1m", public: true },
      handler: ({ dispatch }) => dispatch("/inside/public"),
    },
  },
);

export const trials = defineRoutes(
  {},
  {
    "GET /trial": { access: onTrial, forward },
    "GET /trial/stricter": { access: { rule: staff, mode: "report", meanwhile: token }, forward },
    "GET /trial/enforced": { access: { rule: staff, mode: "enforce", meanwhile: "public" }, forward },
    "GET /soon/open": { access: "public", forward },
    "GET /:part/later": { access: "public", forward },
  },
);

export default defineGateway({
  require: [
    { match: "/inside/*", access: staff },
    { match: "/soon/*", access: staff, mode: "report" },
  ],
  routes: [inside, spelt, doors, trials],
});
