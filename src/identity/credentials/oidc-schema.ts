import * as z from "zod";
import { duration } from "../../schema/duration.ts";
import { secretSchema } from "../../schema/secret.ts";
import { checkClaims, registeredSchema } from "../consumers/registered-schema.ts";
import { addressFault } from "../keys/secure-address.ts";
import { LOGIN_PATH } from "../login.ts";
import { safeReturnTo } from "../oidc/return-to.ts";
import type { CompiledOidc, OidcOptions } from "./oidc-options.ts";
import { oneOrMany, trustedOrigins } from "./schema-parts.ts";

/** Parameters that the login itself decides. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set([
  "client_id",
  "code_challenge",
  "code_challenge_method",
  "nonce",
  "redirect_uri",
  "request",
  "request_uri",
  "response_mode",
  "response_type",
  "scope",
  "state",
]);
/** A scope token (RFC 6749 §3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** Its segments are part of cookies' names, with dots between. */
const LOGIN_FOLDER = /^(?:\/[A-Za-z0-9_-]+)+$/;

/** Schema of {@link OidcOptions}. Build only. */
export function oidcSchema(): z.ZodType<CompiledOidc, OidcOptions> {
  return z
    .strictObject({
      issuer: z.string().superRefine((text, ctx) => {
        const fault = /[?#]/.test(text) ? "must have no ? and no #" : addressFault(text);
        if (fault !== undefined) ctx.addIssue({ code: "custom", message: fault });
      }),
      clientId: z.string().min(1),
      clientSecret: secretSchema().optional(),
      scopes: z
        .array(
          z.string().regex(SCOPE, "is not a scope: visible ASCII without spaces, quotes and backslashes"),
        )
        .default([])
        .transform((scopes) => [...new Set(["openid", ...scopes])]),
      parameters: z
        .record(
          z.string().refine((name) => !OWN_PARAMETERS.has(name), "is for the login itself to say"),
          z.string(),
        )
        .default({}),
      session: z
        .strictObject({
          secret: oneOrMany(secretSchema()),
          idleTimeout: duration({ min: "1m", max: "30d" }).prefault("1h"),
          maxAge: duration({ min: "1m", max: "30d" }).prefault("12h"),
        })
        .refine(({ idleTimeout, maxAge }) => idleTimeout <= maxAge, {
          path: ["idleTimeout"],
          message: "is longer than maxAge, which ends a session whatever happens",
        }),
      path: z
        .string()
        .regex(LOGIN_FOLDER, "is a path of letters, digits, - and _ that does not end with a slash")
        .default(LOGIN_PATH),
      afterLogout: z
        .string()
        .refine((path) => safeReturnTo(path, "//") === path, "is not a path as browsers write it")
        .default("/"),
      upstreamToken: z.boolean().default(false),
      trustedOrigins: trustedOrigins().default([]),
      rolesClaim: z.string().min(1).optional(),
      consumerClaim: z.string().min(1).optional(),
      registered: registeredSchema().optional(),
    })
    .superRefine((naming, ctx) => checkClaims(naming, ctx))
    .readonly();
}
