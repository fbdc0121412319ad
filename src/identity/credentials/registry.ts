import type * as z from "zod";
import * as apiKey from "./api-key.ts";
import * as basic from "./basic.ts";
import * as externalAuth from "./external-auth.ts";
import * as hmac from "./hmac.ts";
import * as httpSignature from "./http-signature.ts";
import * as introspection from "./introspection.ts";
import * as jwt from "./jwt.ts";
import * as mtls from "./mtls.ts";
import * as oidc from "./oidc.ts";
import * as webhook from "./webhook.ts";

/** Every credential, by the name of its constructor. */
export const credentials = {
  apiKey,
  basic,
  externalAuth,
  hmac,
  httpSignature,
  introspection,
  jwt,
  mtls,
  oidc,
  webhook,
} as const;

/** What each constructor takes. */
export type CredentialOptions = {
  [Name in keyof typeof credentials]: z.input<ReturnType<(typeof credentials)[Name]["options"]>>;
};
