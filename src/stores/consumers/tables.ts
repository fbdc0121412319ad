import type { AdminToken } from "./admin-token.ts";
import type { AuditLine, LINE_MS, MOST_LINES } from "./audit-line.ts";
import type { Consumer, ConsumerKey } from "./consumer.ts";

/** A key as it is kept. */
export type KeptKey = ConsumerKey & { readonly hash: string };

/** An admin token as it is kept. */
export type KeptToken = AdminToken & { readonly hash: string };

/** What came of a write that may be asked for again. */
export interface KeptOutcome {
  readonly fingerprint: string;
  readonly value: unknown;
  /** ms since the epoch */
  readonly at: number;
}

/** Where a registry keeps what it knows. Answers at once, so that nothing comes between a decision and its writes. */
export interface ConsumerTables {
  /** Does all that `work` writes, or where it throws nothing of it. */
  atomically<T>(work: () => T): T;

  consumer(id: string): Consumer | undefined;
  /** In the order of their ids, from behind `after` on. */
  consumersAfter(after: string, limit: number): Consumer[];
  putConsumer(consumer: Consumer): void;
  /** Drops its keys too. */
  dropConsumer(id: string): void;

  key(id: string): KeptKey | undefined;
  /** The key with this hash, where it is neither revoked nor has expired. */
  liveKey(hash: string, at: number): KeptKey | undefined;
  /** The key with this hash, also where it has ended. */
  keyOfHash(hash: string): KeptKey | undefined;
  /** In the order in which they were made. */
  keysOf(consumer: string): KeptKey[];
  /** The same, from behind a place in that order; each with its own place, from 1 on. */
  keysAfter(consumer: string, place: number, limit: number): Array<{ place: number; key: KeptKey }>;
  putKey(key: KeptKey): void;

  /** In the order in which they were made: they are few. */
  tokens(): KeptToken[];
  putToken(token: KeptToken): void;

  /** @returns its number */
  appendLine(line: Omit<AuditLine, "number">): number;
  /** The oldest first. */
  oldestLines(limit: number): Array<Pick<AuditLine, "number" | "at">>;
  /** Drops the oldest lines. Only those that {@link MOST_LINES} and {@link LINE_MS} let go may be dropped. */
  dropLines(last: number): void;
  /** Whom lines with a higher number are about, in their order. */
  linesAfter(number: number, limit: number): Array<Pick<AuditLine, "consumer">>;
  /** The newest first, of those with a lower number. */
  linesBefore(number: number, limit: number, consumer: string | undefined): AuditLine[];

  outcome(once: string): KeptOutcome | undefined;
  putOutcome(once: string, outcome: KeptOutcome): void;
  /** Forgets outcomes from before then. */
  dropOutcomes(before: number): void;
}
