import type { AppBindings } from "isogate";
import { error, type IRequest, json, Router } from "itty-router";

/** Who may have a token, and what it lets them do. */
const scopes: ReadonlyMap<string, string> = new Map([
  ["ada", "shop:read shop:write"],
  ["grace", "shop:read shop:write shop:admin"],
]);
/** Seconds. */
const LIFETIME = 3_600;

/** Stands for your identity provider. Its key is made at first use and never leaves its Durable Object. */
export const issuer = Router<IRequest, [AppBindings]>({ catch: error, finally: [json] });

issuer
  .get("/.well-known/jwks.json", async (_request, { signingKey }) =>
    json(await signingKey.jwks(), { headers: { "cache-control": "public, max-age=300" } }),
  )
  .post("/token", async ({ query }, { development, signingKey }) => {
    // Nobody proves who they are here. Deployed, this must not exist.
    if (!development) return error(404, "Not found.");
    const user = String(query.user ?? "ada");
    const scope = scopes.get(user);
    if (scope === undefined) return error(400, `Known users: ${[...scopes.keys()].join(", ")}.`);
    const claims = { iss: "https://login.shop.example", aud: "shop-api", sub: user, scope };
    const token = await signingKey.sign(claims, LIFETIME);
    return json(
      { access_token: token, token_type: "Bearer", expires_in: LIFETIME, scope },
      { headers: { "cache-control": "no-store" } },
    );
  });
