import type { RequestContext } from "../../context.ts";
import { Refusal } from "../../errors/refusal.ts";
import type { AccessOptions } from "../../identity/access-schema.ts";
import { type Demand, demandOf, holdAll, missingCredential } from "../../identity/authenticate.ts";
import type { CredentialVerdict } from "../../identity/credential.ts";
import { pathMatcher } from "../../match/path-matcher.ts";
import type { Policy, Resolved } from "../policy.ts";

export { accessSchema as options } from "../../identity/access-schema.ts";

/** Lets a request through whose credentials hold, and says who it is from. */
export function create({ always, conditional = [] }: Resolved<AccessOptions>): Policy {
  const fixed: readonly Demand[] = always === "public" ? [] : [demandOf(always)];
  const guards = conditional.map(({ match, rule }) => ({
    covers: pathMatcher(match),
    demand: demandOf(rule),
  }));
  const credentials = [...fixed, ...guards.map(({ demand }) => demand)].flatMap(
    (demand) => demand.credentials,
  );
  const withheld = [...new Set(credentials.flatMap((credential) => credential.withheld))];
  if (credentials.length === 0) return { withheld };
  return {
    withheld,
    authenticate(ctx) {
      const demands = guards.length === 0 ? fixed : [...applying(guards, ctx.path), ...fixed];
      if (demands.length === 0) return undefined;
      const verdict = holdAll(demands, ctx);
      return verdict instanceof Promise
        ? verdict.then((settled) => settle(settled, demands, ctx))
        : settle(verdict, demands, ctx);
    },
  };
}

interface Guard {
  readonly covers: (path: string) => boolean;
  readonly demand: Demand;
}

function applying(guards: readonly Guard[], path: string): Demand[] {
  return guards.filter(({ covers }) => covers(path)).map(({ demand }) => demand);
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
