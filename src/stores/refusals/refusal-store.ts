import type { Mode } from "../../observe/report.ts";

/** How often one thing was refused on one route, or would have been; or how often a rule of `authorize` decided. */
export interface RefusalCount {
  /** The route's id; empty where none was met. */
  readonly route: string;
  /** The catalog code; empty for a decision of `authorize`, whatever it was: a refusal by it is counted as one too. */
  readonly code: string;
  readonly mode: Mode;
  /**
   * The manifest key of the policy that reported it, or the rule that decided, such as `authorize: rules.0 allows`; empty
   * for what was refused: its code says enough.
   */
  readonly policy: string;
  readonly count: number;
}

/** Counts of all isolates, by the hour. */
export interface RefusalStore {
  /** Adds counts to an hour. @param hour since the epoch. */
  add(counts: readonly RefusalCount[], hour: number): Promise<void>;
  /** Sums of the hours from `hour` on, the most frequent first. */
  since(hour: number): Promise<RefusalCount[]>;
}

/** How long counts are kept. */
export const KEPT_HOURS = 7 * 24;

/** What tells counts apart. */
export function refusalKey({ route, code, mode, policy }: Omit<RefusalCount, "count">): string {
  return JSON.stringify([route, code, mode, policy]);
}
