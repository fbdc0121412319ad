// What lasts, and what is large: WebSockets, event streams, bodies of any size.
import { defineGateway, defineRoutes, env, jwt, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const raw = upstream("raw", { origin: env("RAW_ORIGIN") });
const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
  tolerance: "0s",
});
const forward = { upstream: origin };

const sockets = defineRoutes(
  { access: "public", prefix: "/ws" },
  {
    "GET /plain": { websocket: true, forward },
    "GET /pages": {
      websocket: { origins: ["https://shop.example", "https://*.shop.example"] },
      cors: { origins: ["https://other.example"] },
      forward,
    },
    "GET /anybody": { websocket: { origins: "*" }, forward },
    "GET /chat": { websocket: { protocols: ["v1.chat", "v2.chat"] }, forward },
    "GET /small": { websocket: { maxMessage: "1KB" }, forward },
    "GET /slow": { websocket: { messagesPerSecond: 3 }, forward },
    "GET /much": { websocket: { maxBytes: "1MB" }, forward },
    "GET /idle": { websocket: { idle: "60ms" }, forward },
    "GET /short": { websocket: { maxDuration: "60ms" }, forward },
    "GET /relayed": { websocket: { maxDuration: "1h" }, forward },
    "GET /own": { access: token, websocket: true, forward },
    "GET /trial": {
      websocket: {
        origins: ["https://shop.example"],
        protocols: ["v1.chat"],
        maxMessage: "10B",
        messagesPerSecond: 1,
        mode: "report",
      },
      forward,
    },
  },
);

const bodies = defineRoutes(
  { access: "public" },
  {
    "ANY /plain/*": { forward: { upstream: origin, stripPrefix: "/plain" } },
    "GET /cached/*": { cache: { ttl: "1m" }, forward: { upstream: origin, stripPrefix: "/cached" } },
    "GET /watched/*": { watchBody: true, forward: { upstream: origin, stripPrefix: "/watched" } },
    "GET /watched/raw/*": { watchBody: true, forward: { upstream: raw, stripPrefix: "/watched/raw" } },
    "GET /watched/made": { watchBody: true, respond: { text: "made here" } },
    "GET /patient/*": {
      stream: { idleTimeout: "10s" },
      watchBody: true,
      forward: { upstream: origin, stripPrefix: "/patient" },
    },
    "GET /idle/*": { stream: { idleTimeout: "250ms" }, forward: { upstream: origin, stripPrefix: "/idle" } },
    "GET /idle/raw/*": {
      stream: { idleTimeout: "250ms" },
      forward: { upstream: raw, stripPrefix: "/idle/raw" },
    },
    "GET /short/*": {
      stream: { maxDuration: "80ms" },
      forward: { upstream: origin, stripPrefix: "/short" },
    },
    "GET /own/*": {
      access: token,
      stream: true,
      forward: { upstream: origin, stripPrefix: "/own" },
    },
    "POST /counted": { bodyLimit: "200MB", forward },
    "POST /trial": { bodyLimit: { limit: "1KB", mode: "report" }, forward },
    "POST /hurried": { deadline: "150ms", forward: { upstream: raw } },
    "POST /hurried/counted": { deadline: "150ms", bodyLimit: "1MB", forward: { upstream: raw } },
    "GET /handled/*": { handler: ({ fetch, params }) => fetch(raw, `/${params["*"]}`) },
    "GET /raw/*": { forward: { upstream: raw, stripPrefix: "/raw" } },
  },
);

export default defineGateway({ routes: [sockets, bodies] });
