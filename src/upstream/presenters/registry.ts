import * as apiKey from "./api-key.ts";
import * as awsSignature from "./aws-signature.ts";
import * as basic from "./basic.ts";
import * as bearer from "./bearer.ts";
import * as clientCredentials from "./client-credentials.ts";
import * as hmac from "./hmac.ts";
import * as tokenExchange from "./token-exchange.ts";

/** Every kind of credential that an upstream's origin may ask of the gateway. Only those declared are bundled. */
export const upstreamCredentials = {
  apiKey,
  awsSignature,
  basic,
  bearer,
  clientCredentials,
  hmac,
  tokenExchange,
};

/** Everything that an upstream may put on its requests, by the names of its files. */
export const presenterNames: readonly string[] = [...Object.keys(upstreamCredentials), "identityToken"];

/** The kinds. */
export interface UpstreamCredentials {
  readonly apiKey: apiKey.ApiKeyOptions;
  readonly awsSignature: awsSignature.AwsSignatureOptions;
  readonly basic: basic.BasicOptions;
  readonly bearer: bearer.BearerOptions;
  readonly clientCredentials: clientCredentials.ClientCredentialsOptions;
  readonly hmac: hmac.HmacOptions;
  readonly tokenExchange: tokenExchange.TokenExchangeOptions;
}

/** Exactly one kind. */
export type UpstreamCredential = {
  [Kind in keyof UpstreamCredentials]: { readonly [K in Kind]: UpstreamCredentials[K] } & {
    readonly [K in Exclude<keyof UpstreamCredentials, Kind>]?: never;
  };
}[keyof UpstreamCredentials];
