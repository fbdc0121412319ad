// An OpenID provider in a process of its own, on loopback: the certified oidc-provider. Its own sample pages log in
// whoever gives a name. It is told by message which gateway it serves, and says when it is ready.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Configuration, Provider } from "oidc-provider";
import type { ProviderCommand, ProviderReport } from "./openid-provider.ts";

let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
const server = createServer((request, response) => answer(request, response));
const tell = (report: ProviderReport) => process.send?.(report);

/** Seconds that access tokens hold; short, so that a test sees them refreshed. */
const TOKEN_SECONDS = 3;

function configuration(gateway: string): Configuration {
  return {
    clients: [
      {
        client_id: "gateway",
        client_secret: "the client's own secret",
        redirect_uris: [`${gateway}/auth/callback`, `${gateway}/quiet/auth/callback`],
        post_logout_redirect_uris: [`${gateway}/open`],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        backchannel_logout_uri: `${gateway}/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
      },
    ],
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
    // In the ID token, where gateways look for them.
    claims: { openid: ["sub"], profile: ["roles"] },
    conformIdTokenClaims: false,
    // It would not call what is on this machine, as the gateway's back channel is.
    fetch: (url: string, { dispatcher: _, ...init }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, init),
    pkce: { required: () => true },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    cookies: { keys: ["a key that signs the provider's own cookies"] },
    ttl: {
      AccessToken: TOKEN_SECONDS,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 600,
      Session: 600,
    },
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ sub, roles: ["staff"] }) }),
  };
}

process.on("message", ({ gateway }: ProviderCommand) => {
  const provider = new Provider(addressOf(), configuration(gateway));
  const asked = (name: string) => tell({ asked: name });
  provider.on("grant.success", (ctx) => asked(String(ctx.oidc.params?.grant_type)));
  provider.on("grant.error", (ctx) => asked(`${String(ctx.oidc.params?.grant_type)} refused`));
  provider.on("backchannel.success", () => asked("back-channel logout"));
  provider.on("backchannel.error", (_, error) =>
    asked(`back-channel logout failed: ${String(error.cause ?? error.message)}`),
  );
  const callback = provider.callback();
  answer = (request, response) => void callback(request, response);
  tell({ ready: addressOf() });
});
process.on("disconnect", () => process.exit());

function addressOf(): string {
  // Another site than the gateway's 127.0.0.1, so that cookies are sent as between strangers.
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

server.listen(0, "127.0.0.1", () => tell({ ready: addressOf() }));
