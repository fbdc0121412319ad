import type { Refusal } from "../errors/refusal.ts";
import { inMode } from "../observe/report.ts";
import { ask } from "./ask.ts";
import { type Attempt, isRefused, type Limited, type LimitTools } from "./attempt.ts";
import { countRefused } from "./count-refused.ts";
import type { Limit } from "./limit.ts";
import { wholeSeconds } from "./ratelimit-fields.ts";
import { exceeded } from "./refusals.ts";
import { release } from "./release.ts";

/**
 * Asks for several limits at once, and takes from all or from none: where one refuses, what the others gave is
 * released. Answers at once where the store does.
 */
export function reserve(
  limits: readonly Limit[],
  ctx: Limited,
  tools: LimitTools,
): Refusal | undefined | Promise<Refusal | undefined> {
  // Most routes have one limit: that is one promise where the store is shared, and no list of them.
  if (limits.length === 1) return ask(limits[0]!, ctx, tools, settleOne);
  const made = limits.map((limit) => ask(limit, ctx, tools, itself));
  return made.some((each) => each instanceof Promise)
    ? Promise.all(made).then((answers) => settle(answers, ctx, tools))
    : settle(made as Attempt[], ctx, tools);
}

function itself(made: Attempt): Attempt {
  return made;
}

function settleOne(made: Attempt, ctx: Limited, tools: LimitTools): Refusal | undefined {
  if (made.outlook?.allowed !== true || tools.hold !== undefined) return settle([made], ctx, tools);
  show(made, ctx);
  return undefined;
}

function settle(attempts: readonly Attempt[], ctx: Limited, tools: LimitTools): Refusal | undefined {
  for (const each of attempts) show(each, ctx);
  const refusal = judge(attempts, ctx, tools);
  if (refusal === undefined) tools.hold?.(attempts, ctx);
  else release(attempts, ctx, tools);
  countRefused(attempts, ctx, tools);
  return refusal;
}

/** A limit on failed authentications that is only looked at concerns the client once it refuses. */
function show(made: Attempt, ctx: Limited): void {
  const { outlook } = made;
  const { shown, operation, countsFailures } = made.limit;
  if (shown === undefined || outlook === undefined) return;
  const lookedAt = operation === "peek" && outlook.allowed;
  if (lookedAt && countsFailures) return;
  const { name, limit, window } = shown;
  const { remaining, resetMs } = outlook;
  // Nothing has been taken where it was only looked: the one unit that was looked for is still there.
  const left = lookedAt ? remaining + 1 : remaining;
  made.state = { name, limit, window, remaining: left, reset: wholeSeconds(resetMs) };
  ctx.limits ??= [];
  ctx.limits.push(made.state);
}

/** Where some limits have no room and others cannot be asked, the client is told of the former: that is certain. */
function judge(
  attempts: readonly Attempt[],
  ctx: Limited,
  { random }: Pick<LimitTools, "random">,
): Refusal | undefined {
  let full: Attempt[] | undefined;
  let failure: Refusal | undefined;
  for (const each of attempts) {
    if (!isRefused(each)) continue;
    if (each.limit.mode === "report")
      inMode("report", each.failure ?? exceeded([each], random), "rateLimit", ctx);
    else if (each.failure !== undefined) failure ??= each.failure;
    else full = [...(full ?? []), each];
  }
  return full === undefined ? failure : exceeded(full, random);
}
