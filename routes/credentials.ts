import { apiKey, jwt } from "isogate";
import { issuer } from "./upstreams.ts";

/** What customers and staff of the shop present: `Authorization: Bearer` with a token of the shop's issuer. */
export const shopToken = jwt({
  issuers: {
    issuer: "https://login.shop.example",
    audience: "shop-api",
    keys: { upstream: issuer, path: "/.well-known/jwks.json" },
    type: "at+jwt",
  },
});

/** What partners present: `X-API-Key` with a key that `npm run -s consumers -- keys add` has shown. */
export const partnerKey = apiKey({ prefix: "shop_live" });
