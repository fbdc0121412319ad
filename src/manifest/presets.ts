import type { CredentialOptions } from "../identity/credentials/registry.ts";
import { type CredentialDeclaration, declareCredential } from "../identity/declare.ts";
import type { PolicyOptions } from "../policies/registry.ts";

// Presets: policies and credentials configured once and used by many routes. Being functions, they keep the
// literal types of their options and are checked where they are written, not where they are used.

const policy =
  <Key extends keyof PolicyOptions>() =>
  (options: PolicyOptions[Key]): PolicyOptions[Key] =>
    options;

const credential =
  <Type extends keyof CredentialOptions>(type: Type) =>
  (options: CredentialOptions[Type]): CredentialDeclaration<CredentialOptions[Type]> =>
    declareCredential(type, options);

/** A credential of registered consumers: keys. Call the result to ask for scopes. */
export const apiKey = credential("apiKey");
/** A Basic credential: names and hashed passwords. */
export const basic = credential("basic");
/** An HMAC credential: requests signed with a shared secret. */
export const hmac = credential("hmac");
/** An HTTP signature credential (RFC 9421): keys, what must be signed, and for how long it holds. */
export const httpSignature = credential("httpSignature");
/** A credential that a service judges: forward-auth. */
export const externalAuth = credential("externalAuth");
/** A JWT credential: issuers, audience, algorithms. Call the result to ask for scopes or claims. */
export const jwt = credential("jwt");
/** A client certificate that the platform has verified: subject, issuer, alternative names, fingerprints. */
export const mtls = credential("mtls");
/** Tokens that their authorization server is asked about (RFC 7662). Call the result to ask for scopes or claims. */
export const introspection = credential("introspection");
/** A webhook credential: bodies signed by a provider. */
export const webhook = credential("webhook");
/** A login at an OpenID provider, for browsers. Its routes: `oidcRoutes`. Call the result to ask for scopes or claims. */
export const oidc = credential("oidc");
/** A concurrency limit to use on several routes; each route counts for itself. */
export const concurrency = policy<"concurrency">();
/** A meter to use on several routes, which count together. */
export const meter = policy<"meter">();
/** A rate limit to use on several routes; each route counts for itself. */
export const rateLimit = policy<"rateLimit">();
/** A quota to use on several routes, which count together. */
export const quota = policy<"quota">();
/** Cache rules to use on several routes. */
export const cache = policy<"cache">();
/** CORS rules to use on several routes. */
export const cors = policy<"cors">();
