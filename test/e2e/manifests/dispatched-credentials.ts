// Routes that call other routes, whose credentials do not all travel with the caller.
import { compose, defineGateway, defineRoutes, env, jwt, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const issuer = upstream("issuer", { origin: env("ORIGIN") });
const issuers = {
  issuer: "https://login.example",
  audience: "https://api.example",
  keys: { upstream: issuer, path: "/jwks.json" },
};
const bearer = jwt({ issuers });
const inCookie = jwt({ issuers, from: { cookie: "session" } });
const inQuery = jwt({ issuers, from: { query: "access_token" } });
const dpop = jwt({ issuers, proofOfPossession: "dpop" });
const forward = { upstream: origin };

export const routes = defineRoutes(
  {},
  {
    "ANY /bearer": { access: bearer, forward },
    "ANY /cookie": { access: inCookie, forward },
    "ANY /query": { access: inQuery, forward },
    "ANY /dpop": { access: dpop, forward },
    // Whoever is let in here calls what the query names, with what else it says.
    "ANY /by-bearer": { access: bearer, handler: (ctx) => ctx.dispatch(`/${ctx.query.get("to")}`) },
    "ANY /by-cookie": { access: inCookie, handler: (ctx) => ctx.dispatch(`/${ctx.query.get("to")}`) },
    "ANY /by-query": { access: inQuery, handler: (ctx) => ctx.dispatch(`/${ctx.query.get("to")}`) },
    "ANY /by-dpop": {
      access: dpop,
      handler: (ctx) => {
        const proof = ctx.headers.get("dpop") ?? "";
        return ctx.dispatch(`/${ctx.query.get("to")}`, { headers: { dpop: proof } });
      },
    },
    // A page of its own that hands its caller's cookies on, as nobody should.
    "GET /hands-on": {
      access: "public",
      handler: (ctx) => {
        const headers = { cookie: ctx.headers.get("cookie") ?? "" };
        return ctx.dispatch("/cookie", { method: ctx.query.get("method") ?? "GET", headers });
      },
    },
    "GET /composed": { access: bearer, compose: compose({ part: { route: "/bearer" } }) },
  },
);

export default defineGateway({ routes: [routes] });
