import { type Calendar, periodAt } from "../../calendar/period.ts";
import type { QuotaAsk } from "./quota-store.ts";

/** What one counter remembers. Plain JSON. */
export interface QuotaState {
  /** What it is asked for with; changes of it count from the next period on. */
  readonly calendar: Calendar;
  readonly limit: number;
  /** The period, in ms since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly used: number;
  /** How many takes there were, ever. */
  readonly taken: number;
  /** Those up to this one can no longer be given back. */
  readonly settled: number;
  /** The highest share, in thousandths, that somebody was told of in this period. */
  readonly warned: number;
}

/** So many takes may come between one and its release. Later ones stay counted, so that there is little to remember. */
export const RELEASABLE = 4_096;

/** The counter as it stands at a moment: where its period is over, in the next. */
export function stateAt(
  state: QuotaState | undefined,
  { calendar, limit }: Pick<QuotaAsk, "calendar" | "limit">,
  now: number,
): QuotaState {
  if (state !== undefined && now < state.end) return state;
  const { start, end } = periodAt(calendar, now);
  const taken = state?.taken ?? 0;
  const after = Math.max(start, state?.end ?? start);
  return { calendar, limit, start: after, end, used: 0, taken, settled: taken, warned: 0 };
}

/** What came of a take. */
export interface Counted {
  readonly allowed: boolean;
  /** The very state that was given where it is not allowed. */
  readonly state: QuotaState;
  /** Shares, in thousandths, that have been passed by this. */
  readonly passed: readonly number[];
}

/** Takes units of a counter that is of this moment. */
export function count(state: QuotaState, { limit, cost, warnings }: QuotaAsk): Counted {
  const used = state.used + cost;
  if (used > limit) return { allowed: false, state, passed: [] };
  const passed = (warnings?.at ?? []).filter(
    (share) => share > state.warned && used * 1_000 >= share * limit,
  );
  const warned = passed.at(-1) ?? state.warned;
  return { allowed: true, state: { ...state, limit, used, taken: state.taken + 1, warned }, passed };
}

/** Whether a take can be given back, if it has not been. */
export function isReleasable({ taken, settled }: QuotaState, which: number): boolean {
  return which > settled && which > taken - RELEASABLE && which <= taken;
}

/** Gives units back. */
export function released(state: QuotaState, cost: number): QuotaState {
  return { ...state, used: Math.max(0, state.used - cost) };
}

/**
 * Sets what is used. What was taken before can no longer be given back. A period that the clock has not reached, because
 * it was once ahead, gives way to the one that it is in.
 */
export function setUsed(state: QuotaState, used: number, now: number): QuotaState {
  const period = now < state.start ? periodAt(state.calendar, now) : undefined;
  return { ...state, ...period, used, settled: state.taken };
}
