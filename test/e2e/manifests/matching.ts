// Variants that ask about the body, lenient paths, and a host in its own script.
import { defineGateway, defineRoutes, env, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const to = (path: string) => ({ upstream: origin, path });

export const routes = defineRoutes(
  { access: "public" },
  {
    "POST /orders": [
      { when: { body: { "/order/type": "gift", "/note": { present: true } } }, forward: to("/gift") },
      { when: { body: { "/order/type": "bulk" }, header: { "x-bulk": true } }, forward: to("/bulk") },
      { when: { query: { express: true } }, forward: to("/express") },
      { forward: to("/plain") },
    ],
    "POST /only": { when: { body: { "/a/0": null } }, forward: to("/only") },
    "ANY /any": [{ when: { body: { "/a": 1 } }, forward: to("/a-is-1") }, { forward: to("/any-other") }],
    "POST /limited": [
      { when: { body: { "/a": 1 } }, bodyLimit: "2KB", forward: to("/two") },
      { when: { body: { "/a": 2 } }, bodyLimit: "1KB", forward: to("/one") },
      { bodyLimit: "500B", forward: to("/half") },
    ],
    "POST /handled": [
      { when: { body: { "/a": 1 } }, handler: async ({ json }) => ({ one: await json() }) },
      { handler: async ({ text }) => ({ other: await text() }) },
    ],
    "POST /dispatched": {
      handler: ({ dispatch }) =>
        dispatch("/orders", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: '{"order":{"type":"gift"},"note":""}',
        }),
    },
    "POST /unread": { forward: to("/unread") },
    "GET /Shop/:item/": { forward: { upstream: origin } },
    "GET /hosted": [
      { when: { host: "*.Bücher.example" }, respond: { text: "below" } },
      { when: { host: "Bücher.example" }, respond: { text: "itself" } },
    ],
    "PUT /preflighted": [
      {
        when: { header: { "x-beta": true } },
        cors: { origins: ["https://beta.example"] },
        forward: to("/beta"),
      },
      { cors: { origins: ["https://shop.example"] }, forward: to("/all") },
    ],
  },
);

export default defineGateway({
  paths: { trailingSlash: "redirect", case: "insensitive" },
  routes: [routes],
});
