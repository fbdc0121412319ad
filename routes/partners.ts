import { defineRoutes } from "isogate";
import { partnerKey } from "./credentials.ts";
import { perPartner } from "./limits.ts";
import { catalog } from "./upstreams.ts";

/** For partners, each registered and with keys of its own. */
export const partnerRoutes = defineRoutes(
  { prefix: "/v1/partners", access: partnerKey, rateLimit: perPartner },
  {
    "GET /prices": {
      summary: "The price list",
      forward: { upstream: catalog, path: "/products" },
    },
  },
);
