import { importJWK, type JWK } from "jose";
import {
  allowInsecureRequests,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  genericTokenEndpointRequest,
  PrivateKeyJwt,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
  TlsClientAuth,
  WWWAuthenticateChallengeError,
} from "oauth4webapi";
import type { KeyedContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { readBody } from "../../http/body.ts";
import type { Resolved } from "../../policies/policy.ts";
import { fitsHeader } from "../header-text.ts";
import type { PresenterTools } from "../presenter.ts";
import type { CompiledClient } from "./client-options.ts";
import { endpointFault } from "./endpoint-fault.ts";
import { type Grant, OBTAIN_MS } from "./token-source.ts";

/** Largest answer of a token endpoint that is read, in bytes. */
const LARGEST = 65_536;
/** Of a token whose lifetime is not told, in ms. */
const UNTOLD_LIFETIME_MS = 5 * 60_000;
/** Longest lifetime that is believed, in ms: a day. */
const MAX_LIFETIME_MS = 24 * 3_600_000;
/** RFC 6749 §5.2 and RFC 8707 §2. Other errors may pass by themselves. */
const FINAL_ERRORS = [
  "invalid_client",
  "invalid_grant",
  "invalid_request",
  "invalid_scope",
  "invalid_target",
  "unauthorized_client",
  "unsupported_grant_type",
];

/** Asks a token endpoint for a token. @throws RefusalError that says whose fault it is that there is none */
export type RequestToken = (
  grantType: string,
  parameters: Readonly<Record<string, string>>,
  ctx: KeyedContext,
  signal: AbortSignal,
) => Promise<Grant>;

/** Makes what asks an authorization server for tokens in the gateway's name. */
export function tokenRequester(
  options: Resolved<CompiledClient>,
  { deps, ownContext }: Pick<PresenterTools, "deps" | "ownContext">,
): RequestToken {
  const { tokenEndpoint, clientId, scope, audience, resource } = options;
  const url = "url" in tokenEndpoint ? tokenEndpoint.url : `https://token.invalid${tokenEndpoint.path}`;
  const server = { issuer: options.issuer ?? url, token_endpoint: url };
  const client: Client = { client_id: clientId };
  let authentication: Promise<ClientAuth> | undefined;

  /** Sends it by the declared way, and nowhere else: redirects are not followed. */
  const post = async (init: RequestInit, ctx: KeyedContext, signal: AbortSignal): Promise<Response> => {
    const headers = new Headers(init.headers);
    // It would tell which library asks.
    headers.delete("user-agent");
    // Bytes, because text is shown when a request is explained, and this holds secrets.
    const body = new TextEncoder().encode(String(init.body));
    const response =
      "url" in tokenEndpoint
        ? await deps.fetch(url, { method: "POST", headers, body, redirect: "manual", signal })
        : await tokenEndpoint.upstream.send(
            { method: "POST", path: tokenEndpoint.path, search: "", headers, body },
            ownContext(ctx, OBTAIN_MS),
          );
    const { status, headers: answered } = response;
    return new Response(await readBody(response.body, LARGEST), { status, headers: answered });
  };

  return async (grantType, extra, ctx, signal) => {
    const fault = "url" in tokenEndpoint ? endpointFault(url) : undefined;
    if (fault !== undefined) throw misconfigured(`the token endpoint ${fault}`);
    authentication ??= clientAuthentication(options);
    const parameters = new URLSearchParams(extra);
    if (scope.length > 0) parameters.set("scope", scope.join(" "));
    for (const each of audience) parameters.append("audience", each);
    for (const each of resource) parameters.append("resource", each);
    const auth = await authentication;
    try {
      const response = await genericTokenEndpointRequest(server, client, auth, grantType, parameters, {
        // Judged above: http is for this machine alone.
        [allowInsecureRequests]: true,
        [customFetch]: (_url, init) => post(init, ctx, signal),
      });
      const granted = await processGenericTokenEndpointResponse(server, client, response);
      if (granted.token_type !== "bearer") throw new Error("the token is of no type that is known here");
      const { access_token: value, expires_in: seconds } = granted;
      if (!fitsHeader(value)) throw new Error("the token cannot stand in a header");
      const lifetime = seconds === undefined ? UNTOLD_LIFETIME_MS : seconds * 1_000;
      return { value, lifetime: Math.min(lifetime, MAX_LIFETIME_MS) };
    } catch (cause) {
      throw new RefusalError(tokenFailure(cause));
    }
  };
}

/** Whose fault it is that there is no token: what the server refuses for good is the gateway's own. */
function tokenFailure(cause: unknown): Refusal {
  const refused =
    (cause instanceof ResponseBodyError && FINAL_ERRORS.includes(cause.error)) ||
    (cause instanceof WWWAuthenticateChallengeError && cause.status === 401);
  const why =
    cause instanceof ResponseBodyError
      ? `the token endpoint answered ${cause.status}: ${cause.error}`
      : cause instanceof WWWAuthenticateChallengeError
        ? `the token endpoint answered ${cause.status}`
        : cause instanceof RefusalError
          ? `the token endpoint: ${cause.refusal.code}`
          : `no token: ${cause instanceof Error ? cause.message : "the token endpoint's answer cannot be used"}`;
  return refuse(refused ? "upstream-credential-refused" : "upstream-credential-unavailable", { cause: why });
}

async function clientAuthentication(options: Resolved<CompiledClient>): Promise<ClientAuth> {
  const { clientSecret = "", privateKey = "" } = options;
  switch (options.clientAuthentication) {
    case "client_secret_basic":
      return ClientSecretBasic(clientSecret);
    case "client_secret_post":
      return ClientSecretPost(clientSecret);
    case "tls_client_auth":
      return TlsClientAuth();
    case "private_key_jwt":
      return PrivateKeyJwt(await readPrivateKey(privateKey));
  }
}

/** The secret comes with the deployment, so a wrong one is found only here. Its text is in no message. */
async function readPrivateKey(text: string): Promise<{ readonly key: CryptoKey; readonly kid?: string }> {
  try {
    const jwk = JSON.parse(text) as JWK;
    const key = await importJWK(jwk);
    if (key instanceof Uint8Array || key.type !== "private") throw new Error("no private key");
    return { key, ...(jwk.kid !== undefined && { kid: jwk.kid }) };
  } catch {
    throw misconfigured("the private key of a client is not a private JWK with its alg");
  }
}

function misconfigured(cause: string): RefusalError {
  return new RefusalError(refuse("configuration-missing", { cause }));
}
