import * as z from "zod";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { type CredentialDeclaration, isCredential } from "../../identity/declare.ts";
import { LOGIN_ENDPOINTS, type LoginEndpoint } from "../../identity/login.ts";
import type { Resolved } from "../../policies/policy.ts";
import type { Action } from "../action.ts";

/** Answers one of the routes by which people log in and out: `oidcRoutes` makes them all. */
export interface LoginOptions {
  /** What `oidc` made. */
  readonly credential: CredentialDeclaration;
  /** Which one. */
  readonly endpoint: LoginEndpoint;
}

interface Compiled {
  credential: CredentialDeclaration;
  endpoint: LoginEndpoint;
}

/** Inherited policies that its routes do without: each answer is for one browser. */
export const unsuited = ["cache"];

/** @returns the schema of {@link LoginOptions}. */
export function options() {
  const schema: z.ZodType<Compiled, LoginOptions> = z.strictObject({
    credential: z.custom<CredentialDeclaration>(
      (value) => isCredential(value) && value.type === "oidc",
      "is not a credential that people log in for: import what oidc() made",
    ),
    endpoint: z.enum(Object.keys(LOGIN_ENDPOINTS) as [LoginEndpoint, ...LoginEndpoint[]]),
  });
  return schema;
}

export function create({ credential, endpoint }: Resolved<Compiled>): Action {
  return (ctx) => {
    const { login } = credential;
    // Made of wrong settings it has none, and says so where it is asked.
    if (login === undefined) throw new RefusalError(refuse("configuration-missing"));
    if (ctx.exposure === "keyed") throw new RefusalError(refuse("configuration-missing", { cause: CACHED }));
    return login.answer(endpoint, ctx);
  };
}

const CACHED = "the login's answers are for one browser each: its routes cannot have a cache";
