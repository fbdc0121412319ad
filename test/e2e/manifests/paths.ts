// What docs/paths.md says: every path to one origin, a few rules, and routes by host.
import { defineGateway, defineRoutes, env, jwt, upstream } from "isogate";

const origin = upstream("origin", { origin: env("ORIGIN") });
const staff = jwt({
  issuers: {
    issuer: "https://login.example",
    audience: "https://api.example",
    keys: { upstream: upstream("issuer", { origin: env("ORIGIN") }), path: "/jwks.json" },
  },
});

export const routes = defineRoutes(
  { access: "public" },
  {
    "ANY /*": { forward: { upstream: origin } },
    "GET /hosted": [
      { when: { host: "ONE.example" }, respond: { text: "one.example" } },
      { when: { host: "*.two.example" }, respond: { text: "*.two.example" } },
      { when: { host: "*.deep.two.example" }, respond: { text: "*.deep.two.example" } },
      { when: { host: "Bücher.example" }, respond: { text: "bücher.example" } },
      { respond: { text: "none" } },
    ],
  },
);

export default defineGateway({
  require: ["/admin/*", "/reports", "/:area{staff|board}/*"].map((match) => ({ match, access: staff })),
  routes: [routes],
});
