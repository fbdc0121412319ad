import type { Carriers, RequestContext } from "../../context.ts";
import { Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import type { AccessOptions } from "../../identity/access-schema.ts";
import { type Demand, demandOf, holdAll, missingCredential } from "../../identity/authenticate.ts";
import type { Credential, CredentialVerdict } from "../../identity/credential.ts";
import { originFieldsOf } from "../../identity/external-auth/permission.ts";
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
  const carriers = carriersOf(credentials);
  if (trials.length > 0 || carriers !== undefined) {
    const authenticate = async (ctx: RequestContext) => {
      const verdict = await enforce(ctx);
      if (verdict !== undefined) return verdict;
      if (trials.length > 0) await judge(applying(trials, ctx.path), ctx);
      if (carriers !== undefined) ctx.withhold(carriers);
      return undefined;
    };
    return { withheld, authenticate, ...laterPhases(credentials) };
  }
  return credentials.length === 0
    ? { withheld }
    : { withheld, authenticate: enforce, ...laterPhases(credentials) };
}

/** What credentials do beside telling who calls. */
function laterPhases(credentials: readonly Credential[]): Pick<Policy, "authorize" | "finalise" | "error"> {
  const logins = [...new Set(credentials.flatMap(({ login }) => login ?? []))];
  const finishers = [...logins, ...credentials].filter((each) => each.finalise !== undefined);
  const inviting = [...logins, ...credentials].filter((each) => each.invite !== undefined);
  return {
    ...(logins.length > 0 && {
      authorize(ctx: RequestContext) {
        for (const login of logins) login.admitted(ctx);
        return undefined;
      },
    }),
    ...(finishers.length > 0 && {
      finalise(ctx: RequestContext, headers: Headers) {
        for (const each of finishers) each.finalise?.(ctx, headers);
      },
    }),
    ...(inviting.length > 0 && {
      error(ctx: RequestContext, { entry }: Refusal) {
        if (entry.status !== 401) return undefined;
        for (const each of inviting) {
          const invitation = each.invite?.(ctx);
          if (invitation !== undefined) return invitation;
        }
        return undefined;
      },
    }),
  };
}

/** All that credentials travel in beside header fields; undefined where none does. */
function carriersOf(credentials: readonly Credential[]): Carriers | undefined {
  const all = credentials.flatMap(({ carriers }) => carriers ?? []);
  if (all.length === 0) return undefined;
  return {
    cookies: new Set(all.flatMap(({ cookies }) => [...cookies])),
    parameters: new Set(all.flatMap(({ parameters }) => [...parameters])),
  };
}

/** Why a request of the gateway's own may lack what its caller presented. */
const DISPATCHED =
  "a dispatched request brings the caller's Authorization, and nothing else that it did not say itself";

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
  if (verdict === undefined) return missingCredential(demands, ctx.depth > 0 ? DISPATCHED : undefined);
  if (verdict instanceof Refusal) return verdict;
  ctx.identity = verdict;
  ctx.toOrigin = originFieldsOf(verdict);
  if (ctx.alsoProved !== undefined) tellOfAll(ctx, ctx.alsoProved);
  return undefined;
}

/** Services may have vouched for others beside the first. Of two that say the same field that one counts: it is written last. */
function tellOfAll(ctx: RequestContext, others: readonly Identity[]): void {
  const fields = others.toReversed().flatMap((other) => originFieldsOf(other) ?? []);
  if (fields.length > 0) ctx.toOrigin = [...fields, ...(ctx.toOrigin ?? [])];
}
