import type { QuotaState } from "./count.ts";
import type { QuotaAct, QuotaLine, Warning } from "./quota-store.ts";

/** A line as it is kept. */
export type KeptLine = Omit<QuotaLine, "number"> & Pick<QuotaAct, "once">;

/** Where one counter is kept. Answers at once, so that nothing comes between a decision and its writes. */
export interface QuotaTables {
  /** Does all that `work` writes, or where it throws nothing of it. */
  atomically<T>(work: () => T): T;

  state(): QuotaState | undefined;
  putState(state: QuotaState): void;

  isReleased(taken: number): boolean;
  putReleased(taken: number): void;
  /** Forgets those up to this one. */
  dropReleased(last: number): void;

  /** The earliest due first. */
  warnings(): Warning[];
  putWarning(warning: Warning): void;
  dropWarning(id: string): void;

  /** @returns its number */
  appendLine(line: KeptLine): number;
  /** The newest first. */
  lines(): QuotaLine[];
  lineOnce(key: string): QuotaAct["once"];
  /** Drops those up to a number, and those from before a time. */
  dropLines(last: number, before: number): void;

  /** Drops everything. */
  clear(): void;
}
