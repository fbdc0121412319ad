// Several answers into one.
import { compose, defineGateway, defineRoutes, env, jwt, secret, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const raw = upstream("raw", { origin: env("RAW_ORIGIN") });
const dead = upstream("dead", { origin: env("DEAD_ORIGIN") });

const token = jwt({
  issuers: {
    issuer: "https://partner.example",
    audience: "https://api.example",
    keys: { secret: secret("PARTNER_SECRET") },
  },
});

export const routes = defineRoutes(
  { access: "public", deadline: "2s" },
  {
    "GET /parallel": {
      compose: compose({
        one: { upstream: origin, path: "/slow/one", group: "one" },
        two: { upstream: origin, path: "/slow/two", group: "two" },
        three: { upstream: origin, path: "/slow/three", group: "three" },
        four: { upstream: origin, path: "/slow/four", group: "four" },
      }),
    },
    "GET /merged": {
      compose: compose({
        late: { upstream: origin, path: "/merged/late" },
        early: { upstream: origin, path: "/merged/early" },
      }),
    },
    "GET /fed/:id": {
      compose: compose(
        {
          user: {
            upstream: origin,
            path: "/fed/users/{params.id}",
            pick: ["id", "shop.name"],
            rename: { "shop.name": "called" },
          },
          orders: {
            upstream: origin,
            method: "POST",
            path: "/fed/orders?for={user.id}",
            headers: { "x-user": "{user.id}" },
            body: { user: "{user.id}", all: true, list: ["{query.q}", "{params.id}"] },
            target: "body",
          },
        },
        { merge: ({ user, orders }) => ({ user, orders }) },
      ),
    },
    "GET /optional": {
      compose: compose(
        {
          base: { upstream: origin, path: "/optional/base" },
          list: { upstream: origin, path: "/optional/list", optional: true, fallback: [] },
          gone: { upstream: dead, path: "/", optional: true },
          slow: { upstream: raw, path: "/hang", optional: true, timeout: "100ms", fallback: { slow: true } },
          after: { upstream: origin, path: "/optional/after/{gone.id}", optional: true },
        },
        { merge: (parts) => parts },
      ),
    },
    "GET /required": {
      compose: compose({
        base: { upstream: origin, path: "/required/base" },
        hanging: { upstream: raw, path: "/hang-required" },
      }),
    },
    "GET /all-or-nothing": {
      compose: compose(
        {
          base: { upstream: origin, path: "/optional/base" },
          gone: { upstream: dead, path: "/", optional: true, fallback: [] },
        },
        { partial: "deny" },
      ),
    },
    "GET /late": {
      deadline: "300ms",
      compose: compose({
        base: { upstream: origin, path: "/optional/base" },
        slow: { upstream: raw, path: "/hang", optional: true, fallback: { slow: true } },
      }),
    },
    "GET /too-late": { deadline: "200ms", compose: compose({ slow: { upstream: raw, path: "/hang" } }) },
    "GET /passing/:id": {
      compose: compose({ product: { upstream: origin, path: "/passing/{params.id}", passStatus: [404] } }),
    },
    "GET /broken": { compose: compose({ cut: { upstream: raw, path: "/cut" } }) },
    "GET /no-json": { compose: compose({ page: { upstream: origin, path: "/page" } }) },
    "GET /routed": {
      compose: compose({
        own: { route: "/inner/7?x=1", group: "own" },
        refused: { route: "/refusing", optional: true, group: "refused" },
        mine: { route: "/mine", optional: true, group: "mine" },
      }),
    },
    "GET /refusing": { respond: { status: 404, json: {} } },
    "GET /inner/:id": { forward: { upstream: origin } },
    "GET /mine": { access: token, forward: { upstream: origin } },
    // Loops that no build can see.
    "GET /loop": { handler: (ctx) => ctx.dispatch("/loop") },
    "GET /composed-loop": { compose: compose({ again: { route: "/handled-loop" } }) },
    "GET /handled-loop": { handler: (ctx) => ctx.dispatch("/composed-loop") },
    "GET /caller": {
      access: token,
      compose: compose({ one: { upstream: origin, path: "/caller/{identity.subject}" } }),
    },
  },
);

export default defineGateway({ routes: [routes] });
