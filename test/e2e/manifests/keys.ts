// Issuers whose key sets are fetched: from a URL, through an upstream, and from where the issuer says.
import { defineGateway, defineRoutes, env, jwt, upstream } from "isogate";

const audience = "https://api.example";
const issuer = upstream("issuer", { origin: env("ISSUER") });

const byUrl = jwt({
  issuers: {
    issuer: "https://login.example",
    audience,
    keys: { url: `${process.env.ISSUER_URL}/jwks.json` },
  },
});
const byUpstream = jwt({
  issuers: { issuer: "https://login.example", audience, keys: { upstream: issuer, path: "/jwks.json" } },
});
const discovered = jwt({
  issuers: { issuer: `${process.env.ISSUER_URL}`, audience, keys: { discovery: true } },
});

export default defineGateway({
  defaults: { deadline: "600ms" },
  routes: [
    defineRoutes(
      {},
      {
        "GET /url": { access: byUrl, respond: { json: { by: "url" } } },
        "GET /upstream": { access: byUpstream, respond: { json: { by: "upstream" } } },
        "GET /discovery": { access: discovered, respond: { json: { by: "discovery" } } },
        "GET /open": { access: "public", respond: { json: {} } },
      },
    ),
  ],
});
