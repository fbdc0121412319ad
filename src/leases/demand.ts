import type { Ask } from "./message.ts";

/** What a store knows of those who spend from one counter: sums only, however many they are. */
export interface Demand {
  /** The number of the window, by the store's clock, that the sums are of. */
  period: number;
  /** Sum of the rates told in this period, in requests a ms. */
  rate: number;
  /** Sum of their square roots. */
  roots: number;
  /** The same of the period before, at its end. */
  rateBefore: number;
  /** How many isolates have asked in this period. */
  isolates: number;
  /** The same of the period before, at its end. */
  isolatesBefore: number;
  /** Tokens that isolates are believed to hold still: what they were granted less what their rates have spent. */
  held: number;
  /** When `held` was worked out, in ms by the store's clock. */
  at: number;
}

/** What nobody has asked for. */
export function noDemand(): Demand {
  return { period: -1, rate: 0, roots: 0, rateBefore: 0, isolates: 0, isolatesBefore: 0, held: 0, at: 0 };
}

/** Brings the sums to `now`. Those of a period are given up a period later, so who is gone is forgotten with it. */
export function advance(demand: Demand, period: number, now: number): void {
  if (period > demand.period) {
    const next = period === demand.period + 1;
    demand.rateBefore = next ? demand.rate : 0;
    demand.isolatesBefore = next ? demand.isolates : 0;
    demand.rate = 0;
    demand.roots = 0;
    demand.isolates = 0;
    demand.period = period;
  }
  const passed = Math.max(0, now - demand.at);
  demand.held = Math.max(0, demand.held - demand.rate * passed);
  demand.at = Math.max(demand.at, now);
}

/** Adds what an isolate says; what it said before in the same period is taken away. */
export function report(demand: Demand, { rate, before }: Ask): void {
  const known = before !== undefined && before.period === demand.period;
  if (!known) demand.isolates++;
  const gone = known ? before.rate : 0;
  demand.rate = Math.max(rate, demand.rate + rate - gone);
  demand.roots = Math.max(Math.sqrt(rate), demand.roots + Math.sqrt(rate) - Math.sqrt(gone));
}

/**
 * Requests a ms, from all isolates. The period before is believed the less the longer it is over.
 * @param share how much of the current period is to come, 0 to 1.
 */
export function totalRate({ rate, rateBefore }: Demand, share: number): number {
  return Math.max(rate, rateBefore * share);
}

/** From so many isolates on their asks could queue at one object when a window begins. */
const CROWD = 64;

/** Whether so many isolates ask that relays should ask for them. */
export function isCrowded({ isolates, isolatesBefore }: Demand): boolean {
  return Math.max(isolates, isolatesBefore) >= CROWD;
}
