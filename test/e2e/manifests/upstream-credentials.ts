// How the gateway proves itself to its origins, and whom it tells them of.
import {
  compose,
  defineGateway,
  defineRoutes,
  env,
  jwt,
  secret,
  type UpstreamOptions,
  upstream,
} from "isogate";

const login = upstream("login", { origin: env("LOGIN") });
const issuer = upstream("issuer", { origin: env("ORIGIN") });

const tokenEndpoint = { upstream: login, path: "/token" };
const clientSecret = secret("CLIENT_SECRET");
const clientCredentials = { tokenEndpoint, clientId: "gateway", clientSecret, scope: ["crm:read"] };

const crm = upstream("crm", { origin: env("LOGIN"), credential: { clientCredentials } });
const wrongClient = upstream("wrong-client", {
  origin: env("LOGIN"),
  credential: { clientCredentials: { ...clientCredentials, clientSecret: secret("API_KEY") } },
});
const byUrl = upstream("by-url", {
  origin: env("LOGIN"),
  credential: {
    clientCredentials: { ...clientCredentials, tokenEndpoint: { url: env("TOKEN_URL") } },
  },
});
const posted = upstream("posted", {
  origin: env("LOGIN"),
  credential: { clientCredentials: { ...clientCredentials, clientAuthentication: "client_secret_post" } },
});
const asserted = upstream("asserted", {
  origin: env("LOGIN"),
  credential: {
    clientCredentials: {
      tokenEndpoint,
      clientId: "asserted",
      privateKey: secret("CLIENT_KEY"),
      issuer: "https://login.example",
    },
  },
});
const exchanged = upstream("exchanged", {
  origin: env("LOGIN"),
  credential: { tokenExchange: { tokenEndpoint, clientId: "gateway", clientSecret, audience: "crm" } },
});

const origin = (name: string, options: Omit<UpstreamOptions, "origin"> = {}) =>
  upstream(name, { origin: env("ORIGIN"), ...options });
const keyed = origin("keyed", { credential: { apiKey: { header: "X-Vendor", value: secret("API_KEY") } } });
const queried = origin("queried", { credential: { apiKey: { query: "appid", value: secret("API_KEY") } } });
const basic = origin("basic", { credential: { basic: { user: "gateway", password: secret("API_KEY") } } });
const bearer = origin("bearer", { credential: { bearer: { token: secret("API_KEY") } } });
const aws = origin("aws", {
  credential: {
    awsSignature: {
      service: "execute-api",
      region: "eu-central-1",
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: secret("AWS_SECRET"),
      maxBody: "1KB",
    },
  },
});
const signed = origin("signed", {
  credential: {
    hmac: {
      secret: secret("HMAC_SECRET"),
      message: "{timestamp}.{method}.{path}{query}.{body}",
      fields: { "x-sig": "t={timestamp},v1={signature}" },
    },
  },
});
const told = origin("told", { identityToken: { audience: "orders", ttl: "1m", claims: ["org"] } });

const keys = { upstream: issuer, path: "/jwks.json" };
const customer = jwt({ issuers: { issuer: "https://login.example", audience: "https://api.example", keys } });

const to = (each: typeof crm) => ({ forward: { upstream: each } });

export const open = defineRoutes(
  { access: "public" },
  {
    "ANY /crm/*": to(crm),
    "GET /composed": {
      compose: compose(
        Object.fromEntries(
          Array.from({ length: 8 }, (_, index) => [
            `step${index}`,
            { upstream: crm, path: `/part/${index}`, group: `step${index}` },
          ]),
        ),
      ),
    },
    "GET /wrong-client": to(wrongClient),
    "GET /by-url": to(byUrl),
    "GET /posted": to(posted),
    "GET /asserted": to(asserted),
    "GET /keyed": to(keyed),
    "GET /queried": to(queried),
    "GET /basic": to(basic),
    "GET /bearer": to(bearer),
    "ANY /aws/*": to(aws),
    "POST /signed": to(signed),
    "GET /told/open": to(told),
    "GET /hooked": {
      hooks: {
        upstreamRequest: (request, { note }) => {
          note(`the hook sees ${[...request.headers.keys()].includes("x-vendor") ? "it" : "nothing"}`);
        },
      },
      ...to(keyed),
    },
  },
);

export const known = defineRoutes(
  { access: customer },
  {
    "GET /exchanged": to(exchanged),
    "GET /told/forwarded": to(told),
    "GET /told/composed": {
      compose: compose({ a: { upstream: told, path: "/a" }, b: { upstream: told, path: "/b" } }),
    },
    "GET /told/dispatched": { compose: compose({ a: { route: "/told/forwarded" } }) },
    "GET /told/handled": { handler: ({ fetch }) => fetch(told, "/handled") },
    "GET /told/hooked": {
      hooks: {
        request: async ({ fetch }) => {
          await fetch(told, "/from-the-hook");
          return undefined;
        },
      },
      ...to(told),
    },
    "GET /told/cached": { cache: { ttl: "1m", key: { identity: true } }, ...to(told) },
    "GET /told/shared": { cache: { ttl: "1m", public: true }, ...to(told) },
    "GET /told/socket": { websocket: {}, ...to(told) },
  },
);

export default defineGateway({ routes: [open, known] });
