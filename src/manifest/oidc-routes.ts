import type { OidcOptions } from "../identity/credentials/oidc-options.ts";
import type { CredentialDeclaration } from "../identity/declare.ts";
import { LOGIN_ENDPOINTS, LOGIN_PATH, type LoginEndpoint } from "../identity/login.ts";
import { defineRoutes, type Route, type RouteGroup } from "./define.ts";

/**
 * The routes by which people log in with an `oidc` credential, below its `path`: `GET /auth/login?returnTo=/page`,
 * `GET /auth/callback`, `POST /auth/logout`, and for the provider `POST /auth/backchannel-logout` and
 * `GET /auth/frontchannel-logout`. Put what it makes among the gateway's `routes`.
 */
export function oidcRoutes(credential: CredentialDeclaration<OidcOptions>): RouteGroup {
  const path = credential.options.path ?? LOGIN_PATH;
  const routes = Object.entries(LOGIN_ENDPOINTS).map(([endpoint, key]): [typeof key, Route] => {
    const login = { credential, endpoint: endpoint as LoginEndpoint };
    return [key, { summary: SUMMARIES[login.endpoint], login }];
  });
  return defineRoutes({ prefix: path, access: "public" }, Object.fromEntries(routes));
}

const SUMMARIES: Readonly<Record<LoginEndpoint, string>> = {
  login: "Log in",
  callback: "Come back from the OpenID provider",
  logout: "Log out",
  backChannelLogout: "The OpenID provider logs somebody out",
  frontChannelLogout: "The OpenID provider logs a browser out",
};
