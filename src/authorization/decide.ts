import { type Condition, condition } from "./language/evaluate.ts";
import type { Expression } from "./language/expression.ts";
import type { Seen } from "./language/read.ts";

/** What a rule does once its conditions hold. */
export type Effect = "allow" | "deny" | "ask";

/** A rule as the build leaves it: plain JSON but for what `ask` holds. */
export interface Rule<Ask = unknown> {
  /** Methods that it is for; absent for all. */
  readonly methods?: readonly string[];
  readonly when: Expression;
  readonly effect: Effect;
  /** Told to authenticated callers who are refused. */
  readonly reason?: string;
  /** Of the effect `ask`. */
  readonly ask?: Ask;
}

/** What decided, in the words of the log: `rules.0 allows`. */
export interface Decision {
  readonly effect: Effect;
  readonly says: string;
  /** Index of the rule; undefined where none decided, so that the answer is no. */
  readonly rule: number | undefined;
  readonly reason?: string;
}

interface ReadyRule {
  readonly covers: (method: string) => boolean;
  readonly holds: Condition;
  readonly decision: Decision;
}

/** Judges requests by rules: the first whose conditions hold decides, and where none does the answer is no. */
export type Judge = (seen: Seen) => Decision;

const VERBS: Readonly<Record<Effect, string>> = { allow: "allows", deny: "denies", ask: "asks" };

/** Makes rules ready. A request that cannot be judged by a rule that comes first is refused. */
export function judgeOf(rules: readonly Rule[]): Judge {
  const ready = rules.map(readyRule);
  return (seen) => {
    let at = 0;
    try {
      for (; at < ready.length; at++) {
        const { covers, holds, decision } = ready[at]!;
        if (covers(seen.method) && holds(seen)) return decision;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : "it failed";
      return { effect: "deny", says: `rules.${at} cannot be judged: ${why}`, rule: at };
    }
    // Who lacks a right is told of the first that would have been enough.
    const reason = ready.find(({ covers, decision }) => isWay(decision) && covers(seen.method))?.decision
      .reason;
    return {
      effect: "deny",
      says: "no rule allows",
      rule: undefined,
      ...(reason !== undefined && { reason }),
    };
  };
}

function readyRule({ methods, when, effect, reason }: Rule, rule: number): ReadyRule {
  return {
    covers: methods === undefined ? () => true : (method) => methods.includes(method),
    holds: condition(when),
    decision: {
      effect,
      says: `rules.${rule} ${VERBS[effect]}`,
      rule,
      ...(reason !== undefined && { reason }),
    },
  };
}

function isWay({ effect, reason }: Decision): boolean {
  return effect !== "deny" && reason !== undefined;
}
