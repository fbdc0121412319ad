// Credentials of every kind, under names of their own: callers' at the gateway, and the gateway's at its upstreams.
import {
  anyOf,
  apiKey,
  basic,
  defineGateway,
  defineRoutes,
  env,
  externalAuth,
  hmac,
  httpSignature,
  introspection,
  jwt,
  mtls,
  oidc,
  oidcRoutes,
  secret,
  type UpstreamOptions,
  upstream,
  webhook,
} from "isogate";

const origin = (name: string, options: Omit<UpstreamOptions, "origin"> = {}) =>
  upstream(name, { origin: env("ORIGIN"), ...options });
const plain = origin("plain");
const service = origin("service");

const issuers = {
  issuer: "https://partner.example",
  audience: "https://api.example",
  keys: { secret: secret("PARTNER_SECRET") },
};
const callers = {
  key: apiKey({ prefix: "shop_live", header: "X-Shop", query: "k", bearer: true }),
  token: jwt({ issuers, forwardToken: true }),
  placed: jwt({ issuers, from: { header: "X-T-Token", cookie: "t_token", query: "q_token" } }),
  basic: basic({ users: { ada: secret("ADA_HASH") } }),
  hmac: hmac({ keys: { acme: secret("PARTNER_SECRET") } }),
  signature: httpSignature({ keys: { shared: { secret: secret("PARTNER_SECRET") } } }),
  webhook: webhook({
    provider: { name: "acme", signature: { header: "X-Acme-Proof" } },
    secret: secret("WEBHOOK_SECRET"),
  }),
  asked: externalAuth({
    upstream: service,
    path: "/verify",
    forwardHeaders: ["x-device", "cookie"],
    identity: { subject: "x-auth-user" },
    forwardCredentials: true,
  }),
  introspected: introspection({
    upstream: service,
    path: "/introspect",
    clientId: "gateway",
    clientSecret: secret("CLIENT_SECRET"),
    issuer: "https://partner.example",
    audience: false,
    forwardToken: true,
  }),
  certified: mtls({}),
  session: oidc({
    issuer: "https://login.example",
    clientId: "shop",
    clientSecret: secret("CLIENT_SECRET"),
    session: { secret: secret("SESSION_SECRET") },
    path: "/auth",
  }),
};

const client = {
  tokenEndpoint: { upstream: service, path: "/token" },
  clientId: "gateway",
  clientSecret: secret("CLIENT_SECRET"),
};
const presented = {
  keyed: origin("keyed", { credential: { apiKey: { header: "X-Vendor", value: secret("API_KEY") } } }),
  queried: origin("queried", { credential: { apiKey: { query: "appid", value: secret("API_KEY") } } }),
  basic: origin("basic", { credential: { basic: { user: "gateway", password: secret("API_KEY") } } }),
  bearer: origin("bearer", { credential: { bearer: { token: secret("API_KEY") } } }),
  client: origin("client", {
    credential: { clientCredentials: { ...client, clientAuthentication: "client_secret_post" } },
  }),
  aws: origin("aws", {
    credential: {
      awsSignature: {
        service: "execute-api",
        region: "eu-central-1",
        accessKeyId: "AKIDEXAMPLE",
        secretAccessKey: secret("AWS_SECRET"),
        sessionToken: secret("AWS_SESSION"),
      },
    },
  }),
  signed: origin("signed", {
    credential: {
      hmac: {
        secret: secret("HMAC_SECRET"),
        message: "{timestamp}.{path}",
        fields: { "X-Proof": "{signature}", "x-at": "{timestamp}" },
      },
    },
  }),
  told: origin("told", { identityToken: { audience: "orders" } }),
  exchanged: origin("exchanged", { credential: { tokenExchange: { ...client, audience: "crm" } } }),
};

const to = (each: ReturnType<typeof upstream>) => ({ forward: { upstream: each } });

export const routes = defineRoutes(
  { access: "public" },
  {
    "GET /in/key": { access: callers.key, ...to(plain) },
    "GET /in/token": { access: callers.token, ...to(plain) },
    "GET /in/placed": { access: callers.placed, ...to(plain) },
    "GET /in/basic": { access: callers.basic, ...to(plain) },
    "GET /in/hmac": { access: callers.hmac, ...to(plain) },
    "GET /in/signature": { access: callers.signature, ...to(plain) },
    "POST /in/webhook": { access: callers.webhook, ...to(plain) },
    "GET /in/asked": { access: callers.asked, ...to(plain) },
    "GET /in/introspected": { access: callers.introspected, ...to(plain) },
    "GET /in/certified": { access: callers.certified, ...to(plain) },
    "GET /in/session": { access: callers.session, ...to(plain) },
    "GET /in/several": { access: anyOf(callers.key, callers.placed, callers.token), ...to(plain) },
    "GET /in/when": [{ when: { query: { k: "other" }, header: { "x-shop": "other" } }, ...to(plain) }],
    "GET /out/plain": to(plain),
    "GET /out/keyed": to(presented.keyed),
    "GET /out/queried": to(presented.queried),
    "GET /out/basic": to(presented.basic),
    "GET /out/bearer": to(presented.bearer),
    "GET /out/client": to(presented.client),
    "GET /out/aws": to(presented.aws),
    "GET /out/signed": to(presented.signed),
    "GET /out/told": { access: callers.token, ...to(presented.told) },
    "GET /out/open": to(presented.told),
    "GET /out/exchanged": { access: callers.token, ...to(presented.exchanged) },
    "GET /judged": {
      access: callers.token,
      authorize: {
        rules: [
          { allow: true, scopes: ["read"], methods: ["GET"] },
          { deny: true, when: 'identity.subject == "eve"' },
        ],
      },
      ...to(plain),
    },
    "GET /listed": { access: callers.token, block: { deny: ["abuse"], allow: ["partners"] }, ...to(plain) },
  },
);

export const logins = oidcRoutes(callers.session);

export default defineGateway({ routes: [routes, logins] });
