import type * as z from "zod";
import type { Carriers, RequestContext } from "../context.ts";
import type { Refusal } from "../errors/refusal.ts";
import type { Resolved, SharedTools } from "../policies/policy.ts";
import type { Requirements } from "./declare.ts";
import type { Identity } from "./identity.ts";
import type { Login } from "./login.ts";

/**
 * What a credential says of a request. `undefined` means it was not presented at all,
 * so that `anyOf` can try the next one and report the first sensible failure.
 */
export type CredentialVerdict = Identity | Refusal | undefined;

/** A running credential: one per declaration and set of requirements, shared by the routes that name it. */
export interface Credential {
  /** The `WWW-Authenticate` challenge for a request that presents nothing (RFC 9110 §11.6.1). */
  readonly challenge: string;
  /** Request headers that carry it and end at the gateway: no origin is given them. Lower case. */
  readonly withheld: readonly string[];
  /** Cookies and query parameters that carry it: they end at the gateway too, whatever the declaration forwards. */
  readonly carriers?: Carriers;
  verify(ctx: RequestContext): CredentialVerdict | Promise<CredentialVerdict>;
  /** What this request is answered with in place of a 401, where who verifies has said it: the way to a login page. */
  invite?(ctx: RequestContext): Response | undefined;
  /** Last touches on the answer of a route that takes the credential, from who verified it for this request. */
  finalise?(ctx: RequestContext, headers: Headers): void;
  /** Where browsers carry it, and people log in for it. */
  readonly login?: Login;
}

/** A credential's module: the shape of a policy's, with the requirements of the route beside the options. */
export interface CredentialModule<Input, Output> {
  options(): z.ZodType<Output, Input>;
  create(options: Resolved<Output>, requirements: Requirements, tools: Pick<SharedTools, "deps">): Credential;
}
