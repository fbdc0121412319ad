// Callers that prove to hold a key: of a DPoP proof, or of the connection's client certificate.
import { allOf, anyOf, defineGateway, defineRoutes, env, jwt, mtls, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const issuer = upstream("issuer", { origin: env("ORIGIN") });
const own = {
  issuer: "https://login.example",
  audience: "https://api.example",
  keys: { upstream: issuer, path: "/jwks.json" },
};

const bearer = jwt({ issuers: own });
const dpop = jwt({ issuers: own, proofOfPossession: "dpop" });
const fresh = jwt({
  issuers: own,
  proofOfPossession: "dpop",
  dpopNonceSecret: secret("DPOP_NONCE_SECRET"),
});
const certificateBound = jwt({ issuers: own, proofOfPossession: "certificate" });
const orders = mtls({ subject: { CN: "orders" }, san: ["uri:spiffe://tea/orders"] });

const forward = { upstream: origin };

export const routes = defineRoutes(
  {},
  {
    "ANY /dpop": { access: dpop, forward },
    "GET /dpop/twice": { access: allOf(dpop, anyOf(dpop({ scopes: ["admin"] }), dpop)), forward },
    "GET /fresh": { access: fresh, forward },
    "GET /either": { access: anyOf(bearer, dpop), forward },
    "GET /certificate": { access: certificateBound, forward },
    "GET /mtls": { access: orders, forward },
    "GET /mtls/sales": { access: orders({ claims: { OU: "Sales" } }), forward },
  },
);

export default defineGateway({ routes: [routes] });
