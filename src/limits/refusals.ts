import type { Deps } from "../deps.ts";
import { Refusal } from "../errors/refusal.ts";
import type { Attempt } from "./attempt.ts";
import type { Limit } from "./limit.ts";
import type { RequiredPart } from "./limit-key.ts";
import { wholeSeconds } from "./ratelimit-fields.ts";
import { spreadWait } from "./spread-wait.ts";
import { waitMs } from "./wait.ts";

/** A refusal of a limit's. What is refused so consumes nothing: whatever else the request has reserved is released. */
export class LimitRefusal extends Refusal {}

/** Refusals of limits on what is under way at a time. */
const CROWDED: readonly Refusal["code"][] = ["too-many-at-once", "temporary-reduced-capacity"];

/** Whether a limit of any kind has refused: then nothing of the others is consumed. */
export function isOfLimits(refusal: Refusal): boolean {
  return refusal instanceof LimitRefusal || CROWDED.includes(refusal.code);
}

/** The refusal of a request that some limits have no room for. Coming back any sooner would be refused again. */
export function exceeded(attempts: readonly Attempt[], random: Deps["random"]): LimitRefusal {
  const resets = attempts.map((each) => wholeSeconds(waitMs(each)));
  return new LimitRefusal("rate-limited", {
    detail: `At most ${attempts.map(({ limit }) => limit.rule).join(" and ")} are allowed.`,
    headers: [["Retry-After", String(spreadWait(Math.max(1, ...resets), random))]],
    extensions: { "violated-policies": attempts.map(({ limit }) => limit.name) },
  });
}

/** The refusal of a request whose own cost is no number, or more than there can ever be. */
export function unusableCost({ costSource, allowance }: Limit): LimitRefusal {
  return new LimitRefusal("unusable-value", {
    detail: `${costSource} is not a whole number from 1 to ${allowance.burst}.`,
  });
}

/** The refusal of a request that lacks what it is counted by: its credential does where that should tell. */
export function lacking({ source, needsIdentity }: RequiredPart): LimitRefusal {
  return needsIdentity
    ? new LimitRefusal("insufficient-rights", { detail: `The credential has no ${source}.` })
    : new LimitRefusal("unusable-value", { detail: `${source} is missing.` });
}

/** The refusal of a request that cannot be counted. */
export function uncounted(cause: unknown): LimitRefusal {
  return new LimitRefusal("store-unavailable", { cause });
}
