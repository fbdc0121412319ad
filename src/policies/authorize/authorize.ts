import { type Asker, asker } from "../../authorization/ask/asker.ts";
import { type Decision, judgeOf } from "../../authorization/decide.ts";
import type { CompiledAuthorize } from "../../authorization/schema.ts";
import type { RequestContext } from "../../context.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import { inMode } from "../../observe/report.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

export { check, checkRoutes, requestReferences } from "../../authorization/check.ts";
export type { AskOptions, AuthorizeOptions, AuthorizeRule } from "../../authorization/options.ts";
export { authorizeSchema as options } from "../../authorization/schema.ts";

/**
 * Judges what the caller may do. Rules that the gateway can judge itself stand before limits; a service is asked after
 * them, so that nobody can have it asked more often than they may call.
 */
export function create(
  { rules, mode }: Resolved<CompiledAuthorize>,
  { deps: { now } }: Pick<Tools, "deps">,
): Policy {
  const judge = judgeOf(rules as CompiledAuthorize["rules"]);
  const askers = rules.map(({ ask }): Asker | undefined => ask && asker(ask, now));
  const withheld = rules.flatMap(({ ask }) => ask?.toOrigin ?? []);

  const refused = (decision: Decision, ctx: RequestContext): Refusal | undefined => {
    const { reason, says } = decision;
    // Who is not known is not told what there is to be had.
    const told = reason !== undefined && ctx.identity !== undefined;
    const refusal = refuse("insufficient-rights", {
      cause: `authorize: ${says}`,
      ...(told && { detail: reason }),
    });
    return inMode(mode, refusal, "authorize", ctx);
  };

  /** Decisions that are a service's, until it is asked. */
  const open = new WeakMap<RequestContext, Decision>();

  async function askService(ctx: RequestContext): Promise<Refusal | undefined> {
    const decision = open.get(ctx);
    const ask = askers[decision?.rule ?? -1];
    if (decision === undefined || ask === undefined) return undefined;
    const answer = await ask(ctx);
    if (answer instanceof Refusal) return inMode(mode, answer, "authorize", ctx);
    const { allow, reason, fields } = answer;
    const says = `rules.${decision.rule}: the service ${allow ? "allows" : "denies"}${reason ? `, ${reason}` : ""}`;
    ctx.record.authorization = says;
    if (!allow) return refused({ ...decision, says }, ctx);
    if (fields.length > 0) ctx.toOrigin = [...(ctx.toOrigin ?? []), ...fields];
    return undefined;
  }

  return {
    ...(withheld.length > 0 && { withheld }),
    authorize(ctx) {
      const decision = judge(ctx);
      ctx.record.authorization = decision.says;
      if (decision.effect === "ask") open.set(ctx, decision);
      return decision.effect === "deny" ? refused(decision, ctx) : undefined;
    },
    ...(askers.some((ask) => ask !== undefined) && { validate: askService }),
  };
}
