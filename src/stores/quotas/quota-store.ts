import type { Calendar, Period } from "../../calendar/period.ts";

/** Takes units of a quota. */
export interface QuotaAsk {
  /** The quota's name. */
  readonly quota: string;
  readonly calendar: Calendar;
  /** Units in a period: 1 to 10¹². */
  readonly limit: number;
  /** From 1 to the limit; nothing is taken where they are not all there. */
  readonly cost: number;
  readonly warnings?: Warnings | undefined;
}

/** From which shares on somebody is to be told how much of a quota is used. */
export interface Warnings {
  /** Thousandths of the limit, in rising order. */
  readonly at: readonly number[];
  /** Where that is sent. Absent: nowhere. */
  readonly to?: WarningTarget | undefined;
  /** Whose units they are, for whoever is told. */
  readonly counted: readonly string[];
}

/** Where warnings are sent. */
export interface WarningTarget {
  /** Name of a declared upstream. */
  readonly upstream: string;
  /** Path below its origin. */
  readonly path: string;
}

/** What a store answers to a {@link QuotaAsk}. All times are by its own clock. */
export interface QuotaGrant {
  readonly allowed: boolean;
  /** Units used in this period, these among them. */
  readonly used: number;
  readonly period: Period;
  /** ms until the period ends. */
  readonly resetMs: number;
  /** Names what was taken, for {@link QuotaStore.release}; 0 where nothing was. */
  readonly taken: number;
}

/** How much of a quota is used. */
export interface QuotaUsage {
  readonly period: Period;
  readonly used: number;
}

/** How much of a quota is used, for who administers it. */
export interface QuotaRecord extends QuotaUsage {
  readonly zone: string;
  /** As it was asked for last. */
  readonly limit: number;
}

/** Who sets what is used, why and when. */
export interface QuotaAct {
  readonly actor: string;
  readonly reason: string;
  /** The same act has the same one: it is done once. */
  readonly once?: { readonly key: string; readonly fingerprint: string } | undefined;
}

/** What an administrator has done. Written together with it, never changed, kept for {@link LINE_MS}. */
export interface QuotaLine {
  /** Grows by one with every line. */
  readonly number: number;
  /** ms since the epoch */
  readonly at: number;
  readonly actor: string;
  readonly reason: string;
  readonly before: number;
  readonly after: number;
}

/** What came of setting what is used. `unknown`: nothing was ever counted. `reused`: see {@link QuotaAct.once}. */
export type QuotaSet = { readonly record: QuotaRecord } | { readonly fault: "unknown" | "reused" };

/** How long a line is kept, in ms: 400 days. */
export const LINE_MS = 400 * 86_400_000;
/** Most lines of one counter. */
export const MOST_LINES = 1_000;

/**
 * Counters of units by period of the calendar. A key always comes with one quota.
 *
 * A take is answered once it is written where a crash does not reach it. Nothing is written ahead and nothing is kept
 * back, so whatever happens no answered take is uncounted; one whose answer was lost on the way stays counted.
 *
 * A period ends when it was going to when it began: neither another calendar nor a clock that goes back ends it
 * earlier or begins an earlier one.
 */
export interface QuotaStore {
  /**
   * Rejects where the store cannot be reached or has not answered in time; then units may have been taken or not.
   * @param left ms that the caller can wait
   */
  take(key: string, ask: QuotaAsk, left?: number): Promise<QuotaGrant>;
  /** Gives back what a take of this cost was granted, once however often it is asked, and only in its own period. */
  release(key: string, taken: number, cost: number): Promise<void>;
  /** Counts nothing, and leaves nothing behind. */
  usage(key: string, calendar: Calendar, left?: number): Promise<QuotaUsage>;
  /** Undefined where nothing is kept of it. */
  record(key: string): Promise<QuotaRecord | undefined>;
  /** Sets what is used in this period. */
  set(key: string, used: number, act: QuotaAct): Promise<QuotaSet>;
  /** The newest first. */
  lines(key: string): Promise<readonly QuotaLine[]>;
}

/** A warning that is on its way. */
export interface Warning extends WarningTarget {
  /** Unique: who is told twice knows it by that. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
  /** How often it was tried. */
  readonly tries: number;
  /** When it is to be tried again, in ms since the epoch. */
  readonly due: number;
  /** When it came up, in ms since the epoch. */
  readonly at: number;
}
