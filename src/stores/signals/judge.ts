import type { Level } from "./observe.ts";
import type { SignalTerms, SignalType } from "./signal-store.ts";

/** What has to be remembered to decide. Plain JSON; all times in ms since the epoch. */
export interface SignalState {
  /** Whether it was last called that there is too much. */
  readonly raised: boolean;
  /** Since when there has been too much without interruption. */
  readonly aboveSince?: number | undefined;
  /** Since when there has clearly not been, after it was called that there is. */
  readonly belowSince?: number | undefined;
  /** When the last call was made. */
  readonly calledAt?: number | undefined;
  readonly judgedAt: number;
}

/** A call that is due. */
export interface Call {
  readonly type: SignalType;
  readonly since: number;
}

/** What came of a judgement. */
export interface Judged {
  /** Undefined where there is nothing to remember. */
  readonly state: SignalState | undefined;
  readonly call?: Call;
}

/** Over a gap as long as this it is not known how it was, so what was going on begins anew. In ms. */
export const LONGEST_GAP_MS = 60_000;

/**
 * Decides whether somebody is to be told. Too much for long enough is told, and again once a period for as long as it
 * goes on; that it is over is told once. Between two calls lies a period, whatever happens, and between a call that
 * there is too much and one that it is over all of `for` clearly below. Pure.
 */
export function judge(
  before: SignalState | undefined,
  { above, below }: Level,
  terms: Pick<SignalTerms, "for" | "every">,
  now: number,
): Judged {
  const known = before !== undefined && now >= before.judgedAt && now - before.judgedAt <= LONGEST_GAP_MS;
  const since = (holds: boolean, at: number | undefined) =>
    holds ? ((known ? at : undefined) ?? now) : undefined;
  const raised = before?.raised ?? false;
  const aboveSince = since(above.length > 0, before?.aboveSince);
  const belowSince = since(raised && below, before?.belowSince);
  // Where the clock was set back, the period begins anew.
  const calledAt = before?.calledAt === undefined ? undefined : Math.min(before.calledAt, now);
  const state = { raised, aboveSince, belowSince, calledAt, judgedAt: now };
  const mayCall = calledAt === undefined || now - calledAt >= terms.every;
  const lasts = (from: number | undefined): from is number =>
    mayCall && from !== undefined && now - from >= terms.for;
  if (lasts(aboveSince)) {
    const call = { type: "upstream.scale-up", since: aboveSince } as const;
    return { state: { ...state, raised: true, calledAt: now }, call };
  }
  if (lasts(belowSince)) {
    const call = { type: "upstream.recovered", since: belowSince } as const;
    return { state: { ...state, raised: false, belowSince: undefined, calledAt: now }, call };
  }
  return { state: raised || aboveSince !== undefined || !mayCall ? state : undefined };
}
