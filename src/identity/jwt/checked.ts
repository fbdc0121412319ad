import type { RequestContext } from "../../context.ts";
import { Refusal } from "../../errors/refusal.ts";
import type { Judge } from "../consumers/held-to-registry.ts";
import type { Credential } from "../credential.ts";
import type { TokenCheck } from "./token-check.ts";

/**
 * Verifies, asks what is asked at every request in the order given, and then judges who it is and what they may do.
 * Where nothing is asked and the token is known, the answer comes at once.
 */
export function checkedVerify(
  verify: Credential["verify"],
  checks: readonly TokenCheck[],
  judge: Judge,
): Credential["verify"] {
  if (checks.length === 0) {
    return (ctx) => {
      const verdict = verify(ctx);
      return verdict instanceof Promise
        ? verdict.then((settled) => judge(settled, ctx))
        : judge(verdict, ctx);
    };
  }
  return async (ctx: RequestContext) => {
    const verdict = await verify(ctx);
    if (verdict === undefined || verdict instanceof Refusal) return verdict;
    for (const check of checks) {
      const refusal = await check(verdict, ctx);
      if (refusal !== undefined) return refusal;
    }
    return judge(verdict, ctx);
  };
}
