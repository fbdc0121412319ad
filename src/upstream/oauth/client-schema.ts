import * as z from "zod";
import { oneOrMany } from "../../identity/credentials/schema-parts.ts";
import { secretSchema } from "../../schema/secret.ts";
import { textOrEnv } from "../../schema/text-or-env.ts";
import { upstreamSchema } from "../../schema/upstream.ts";
import {
  CLIENT_AUTHENTICATIONS,
  type CompiledClient,
  type OAuthClientOptions,
  type TokenEndpoint,
} from "./client-options.ts";
import { endpointFault } from "./endpoint-fault.ts";

/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** Schemas of the keys of {@link OAuthClientOptions}. Build only. */
export function clientShape() {
  return {
    tokenEndpoint: tokenEndpoint(),
    clientId: textOrEnv(),
    clientSecret: secretSchema().optional(),
    privateKey: secretSchema().optional(),
    clientAuthentication: z.enum(CLIENT_AUTHENTICATIONS).optional(),
    issuer: z.string().min(1).optional(),
    scope: oneOrMany(z.string().regex(SCOPE, "is no scope")).optional(),
    audience: oneOrMany(z.string().min(1)).optional(),
    resource: oneOrMany(
      z
        .string()
        .refine((uri) => URL.canParse(uri) && !uri.includes("#"), "is no absolute URI, or has a fragment"),
    ).optional(),
  };
}

type Written = Omit<OAuthClientOptions, "scope" | "audience" | "resource"> &
  Partial<Pick<CompiledClient, "scope" | "audience" | "resource">>;

/** Judges a client's options together, and fills them up. */
export function compileClient<T extends Written>(
  options: T,
  ctx: z.RefinementCtx,
): Omit<T, keyof CompiledClient> & CompiledClient {
  const { clientSecret, privateKey, tokenEndpoint, issuer } = options;
  const clientAuthentication =
    options.clientAuthentication ?? (privateKey === undefined ? "client_secret_basic" : "private_key_jwt");
  const say = (path: string, message: string) => ctx.addIssue({ code: "custom", path: [path], message });
  const wants = { clientSecret: false, privateKey: false };
  if (clientAuthentication === "private_key_jwt") wants.privateKey = true;
  else if (clientAuthentication !== "tls_client_auth") wants.clientSecret = true;
  if (wants.clientSecret !== (clientSecret !== undefined)) {
    say("clientSecret", `${wants.clientSecret ? "is missing for" : "is no part of"} ${clientAuthentication}`);
  }
  if (wants.privateKey !== (privateKey !== undefined)) {
    say("privateKey", `${wants.privateKey ? "is missing for" : "is no part of"} ${clientAuthentication}`);
  }
  const behind = "upstream" in tokenEndpoint ? tokenEndpoint.upstream : undefined;
  if (wants.privateKey && behind !== undefined && issuer === undefined) {
    say("issuer", "is missing: what private_key_jwt signs is for an authorization server of this name");
  }
  if (clientAuthentication === "tls_client_auth" && behind?.options?.certificate === undefined) {
    say("tokenEndpoint", "must be an upstream with a certificate, which is what tls_client_auth presents");
  }
  const { scope = [], audience = [], resource = [] } = options;
  return { ...options, clientAuthentication, scope, audience, resource };
}

function tokenEndpoint(): z.ZodType<TokenEndpoint, TokenEndpoint> {
  return z.union(
    [
      z.strictObject({
        url: textOrEnv(
          z.string().superRefine((url, ctx) => {
            const message = endpointFault(url);
            if (message !== undefined) ctx.addIssue({ code: "custom", message });
          }),
        ),
      }),
      z.strictObject({
        upstream: upstreamSchema(),
        path: z.string().regex(/^\/[^?#]*$/, "must be a path: begin with / and have no ? and no #"),
      }),
    ],
    { error: "is { url } or { upstream, path }" },
  );
}
