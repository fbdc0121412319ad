import { defineGateway } from "isogate";
import { adminRoutes } from "./admin.ts";
import { catalogRoutes } from "./catalog.ts";
import { shopToken } from "./credentials.ts";
import { demoRoutes } from "./demo/routes.ts";
import { orderRoutes } from "./orders.ts";
import { partnerRoutes } from "./partners.ts";
import { storefrontRoutes } from "./storefront.ts";

export default defineGateway({
  // For every route that does not say otherwise.
  defaults: {
    deadline: "10s",
    bodyLimit: "1MB",
    securityHeaders: true,
    cors: {
      origins: ["https://shop.example", "http://localhost:3000"],
      exposeHeaders: ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"],
    },
  },
  // Rules that no route can weaken, whoever writes it.
  require: [{ match: "/v1/admin/*", access: shopToken({ scopes: ["shop:admin"] }) }],
  routes: [
    catalogRoutes,
    orderRoutes,
    storefrontRoutes,
    partnerRoutes,
    adminRoutes,
    demoRoutes, // Development tokens. Remove this line when your own issuer signs them.
  ],
});
