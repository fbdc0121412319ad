import { refuse } from "../../errors/refusal.ts";
import type { Resolved, SharedTools } from "../../policies/policy.ts";
import type { Credential } from "../credential.ts";
import type { Requirements } from "../declare.ts";
import type { CompiledExternalAuth } from "../external-auth/options.ts";
import { CHALLENGE, ExternalVerifier } from "../external-auth/verifier.ts";
import { rightsJudge } from "../judge-rights.ts";

export type { ExternalAuthOptions } from "../external-auth/options.ts";
export { externalAuthSchema as options } from "../external-auth/schema.ts";

/** Makes the credential. Those made of one options object share whom the service has let pass. */
export function create(
  options: Resolved<CompiledExternalAuth>,
  requirements: Requirements,
  { deps: { now } }: Pick<SharedTools, "deps">,
): Credential {
  const verifier = verifiers.get(options) ?? new ExternalVerifier(options, now);
  verifiers.set(options, verifier);
  const judge = rightsJudge(requirements, (cause) => refuse("insufficient-rights", { cause }));
  return {
    challenge: CHALLENGE,
    withheld: options.withheld,
    verify(ctx) {
      const verdict = verifier.verify(ctx);
      return verdict instanceof Promise ? verdict.then(judge) : judge(verdict);
    },
    ...(options.redirects === "relay" && { invite: (ctx) => verifier.invite(ctx) }),
    ...(options.toClient.length > 0 && { finalise: (ctx, headers) => verifier.finalise(ctx, headers) }),
  };
}

/** Verifiers by their options: the routes that name one declaration share one options object. */
const verifiers = new WeakMap<object, ExternalVerifier>();
