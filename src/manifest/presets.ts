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

/** A JWT credential: issuers, audience, algorithms. Call the result to ask for scopes or claims. */
export const jwt = credential("jwt");
/** A rate limit to use on several routes; each route counts for itself. */
export const rateLimit = policy<"rateLimit">();
/** Cache rules to use on several routes. */
export const cache = policy<"cache">();
/** CORS rules to use on several routes. */
export const cors = policy<"cors">();
