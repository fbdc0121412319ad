import type { RequestContext } from "../../context.ts";
import { Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import type { AccessOptions } from "../../identity/access-schema.ts";
import { type Demand, demandOf, holdAll, missingCredential } from "../../identity/authenticate.ts";
import type { CredentialVerdict } from "../../identity/credential.ts";
import type { Identity } from "../../identity/identity.ts";
import { pathMatcher } from "../../match/path-matcher.ts";
import { inMode } from "../../observe/report.ts";
import type { Policy, Resolved } from "../policy.ts";

export { accessSchema as options } from "../../identity/access-schema.ts";

/** Lets a request through whose credentials hold, and says who it is from. */
export function create({ always, conditional = [], onTrial = [] }: Resolved<AccessOptions>): Policy {
  const fixed: readonly Demand[] = always === "public" ? [] : [demandOf(always)];
  const guards = conditional.map(guard);
  const trials = onTrial.map(guard);
  const credentials = [...fixed, ...guards.map(({ demand }) => demand)].flatMap(
    (demand) => demand.credentials,
  );
  const withheld = [...new Set(credentials.flatMap((credential) => credential.withheld))];
  const enforce = (ctx: RequestContext) => {
    const demands = guards.length === 0 ? fixed : [...applying(guards, ctx.path), ...fixed];
    if (demands.length === 0) return undefined;
    const verdict = holdAll(demands, ctx);
    return verdict instanceof Promise
      ? verdict.then((settled) => settle(settled, demands, ctx))
      : settle(verdict, demands, ctx);
  };
  if (trials.length > 0) {
    const authenticate = async (ctx: RequestContext) => {
      const verdict = await enforce(ctx);
      if (verdict === undefined) await judge(applying(trials, ctx.path), ctx);
      return verdict;
    };
    return { withheld, authenticate };
  }
  return credentials.length === 0 ? { withheld } : { withheld, authenticate: enforce };
}

interface Guard {
  readonly covers: (path: string) => boolean;
  readonly demand: Demand;
}

type GuardOptions = NonNullable<Resolved<AccessOptions>["onTrial"]>[number];

function guard({ match, rule }: GuardOptions): Guard {
  return { covers: match === undefined ? () => true : pathMatcher(match), demand: demandOf(rule) };
}

/** Reports what rules on trial would refuse. Whom they would let in stays as unknown as before. */
async function judge(demands: readonly Demand[], ctx: RequestContext): Promise<void> {
  for (const demand of demands) {
    const verdict = await check(demand, ctx);
    if (verdict instanceof Refusal) inMode("report", verdict, "access", ctx);
  }
}

function applying(guards: readonly Guard[], path: string): Demand[] {
  return guards.filter(({ covers }) => covers(path)).map(({ demand }) => demand);
}

/** A rule on trial must not fail a request by failing itself. */
async function check(demand: Demand, ctx: RequestContext): Promise<Identity | Refusal> {
  try {
    return (await demand.check(ctx)) ?? missingCredential([demand]);
  } catch (cause) {
    return cause instanceof RefusalError ? cause.refusal : refuse("internal-error", { cause });
  }
}

function settle(
  verdict: CredentialVerdict,
  demands: readonly Demand[],
  ctx: RequestContext,
): Refusal | undefined {
  if (verdict === undefined) return missingCredential(demands);
  if (verdict instanceof Refusal) return verdict;
  ctx.identity = verdict;
  return undefined;
}
