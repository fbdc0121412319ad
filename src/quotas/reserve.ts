import type { Refusal } from "../errors/refusal.ts";
import { inMode } from "../observe/report.ts";
import { attempt, type Counting, isRefused, type QuotaAttempt, type QuotaTools, release } from "./attempt.ts";
import type { Quota } from "./quota.ts";
import { quotaExceeded } from "./refusals.ts";

/** What came of asking for all the quotas of a route. */
export interface Reserved {
  readonly attempts: readonly QuotaAttempt[];
  readonly refusal: Refusal | undefined;
}

/** Asks for several quotas at once, and takes from all or from none: where one refuses, the others are given back. */
export async function reserve(quotas: readonly Quota[], ctx: Counting, tools: QuotaTools): Promise<Reserved> {
  const made =
    quotas.length === 1
      ? [await attempt(quotas[0]!, ctx, tools)]
      : await Promise.all(quotas.map((quota) => attempt(quota, ctx, tools)));
  const refusal = judge(made, ctx);
  if (refusal === undefined) return { attempts: made, refusal };
  release(made, ctx, tools);
  return { attempts: made.map(givenBack), refusal };
}

/** What the client is told of a quota from which nothing was taken in the end. */
export function givenBack(made: QuotaAttempt): QuotaAttempt {
  const { grant, cost } = made;
  if (grant === undefined || grant.taken === 0) return made;
  return { ...made, grant: { ...grant, used: grant.used - cost, taken: 0 } };
}

/** Where some quotas have no room and others cannot be asked, the client is told of the former: that is certain. */
function judge(attempts: readonly QuotaAttempt[], ctx: Counting): Refusal | undefined {
  const full: QuotaAttempt[] = [];
  let failure: Refusal | undefined;
  for (const each of attempts) {
    if (!isRefused(each)) continue;
    if (each.quota.mode === "report") inMode("report", each.failure ?? quotaExceeded([each]), "quota", ctx);
    else if (each.failure !== undefined) failure ??= each.failure;
    else full.push(each);
  }
  return full.length === 0 ? failure : quotaExceeded(full);
}
