import type { Page, PageQuery } from "../consumers/consumer-registry.ts";
import type { ActLine } from "./act-line.ts";
import type { Debtor, DebtorQuery } from "./outbox-index.ts";
import type { Receiver } from "./undelivered.ts";

/** Where a meter's events are sent, in batches. */
export interface Destination {
  /** A declared upstream's name. */
  readonly upstream: string;
  /** Path at the upstream. */
  readonly path: string;
  /** ms that events gather until they are sent. */
  readonly everyMs: number;
  /** Most events of a batch. */
  readonly batch: number;
}

/** Events of one kind that agree in everything but what they count, added up. */
export interface MeterLine {
  /** What was counted, such as `api.call`. */
  readonly event: string;
  /** By name. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** When: the minute since the epoch. */
  readonly minute: number;
  /** Sum of what they count: a whole number. */
  readonly value: number;
  /** How many there were. */
  readonly count: number;
  /** Index of the flush's destination. */
  readonly to: number;
}

/** What becomes of a reservation of credit. */
export interface Settlement {
  /** The reservation's. */
  readonly id: string;
  /** Units that are charged: no more than were reserved. 0 gives all back. */
  readonly charge: number;
}

/** What an isolate hands over at one time. */
export interface Flush {
  /** See {@link MeterStore.open}. */
  readonly session: number;
  /** Counts the session's flushes, from 1. A flush that is sent again has its number again. */
  readonly sequence: number;
  readonly to: readonly Destination[];
  readonly lines: readonly MeterLine[];
  readonly settled: readonly Settlement[];
}

/**
 * What became of a flush: `counted` now or `known` from before, which are the same to who sent it; `forgotten` where the
 * session is not known any more: nothing was counted now, and nobody knows whether it was before.
 */
export type FlushOutcome = "counted" | "known" | "forgotten";

/** Units of credit. */
export interface Credit {
  /** What was bought and is not charged yet. */
  readonly balance: number;
  /** What of it requests under way may still be charged. */
  readonly reserved: number;
}

/** Credit that is added, or taken away. */
export interface TopUp {
  /** Whole; below zero it takes away. */
  readonly units: number;
  readonly reason: string;
  readonly actor: string;
  /** The same key adds once; another request with it is `reused`. */
  readonly once: { readonly key: string; readonly fingerprint: string };
}

/** A batch that is given up. */
export interface Discarding {
  /** Its idempotency key. */
  readonly batch: string;
  readonly reason: string;
  readonly actor: string;
}

/** What came of it. Only dead batches can be given up: others may arrive at any moment. */
export type Discarded = "discarded" | "unknown" | "on its way";

/** Events of a consumer's, added up by the hour. */
export interface Usage {
  readonly event: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Since the epoch. */
  readonly hour: number;
  readonly value: number;
  readonly count: number;
}

/** Which usage is asked for. */
export interface UsageQuery {
  readonly event?: string | undefined;
  /** First hour since the epoch. */
  readonly from: number;
  /** Last hour since the epoch. */
  readonly to: number;
}

/** A batch that waits, or that its receiver will not have. */
export interface BatchState {
  /** Its idempotency key. */
  readonly id: string;
  readonly upstream: string;
  readonly path: string;
  readonly events: number;
  /** When it was made, in ms since the epoch. */
  readonly at: number;
  readonly tries: number;
  /** When it is tried next, in ms since the epoch; absent where it is dead: nobody tries it until told to. */
  readonly due?: number;
  /** What became of the last try: a status, or why there was none. */
  readonly last?: string;
}

/** What is still to be delivered. */
export interface OutboxState {
  /** Lines that are in no batch yet. */
  readonly gathering: number;
  /** Oldest first: at most {@link MOST_SHOWN}. */
  readonly batches: readonly BatchState[];
}

/** Most batches that the state of an outbox shows. */
export const MOST_SHOWN = 100;
/** How long an idle session is remembered, in ms. Who is silent for longer opens another. */
export const SESSION_MS = 86_400_000;
/** Most sessions of a consumer that are remembered: the longest idle go first. */
export const MOST_SESSIONS = 10_000;
/** How long usage can be asked for. */
export const KEPT_HOURS = 100 * 24;
/** Most distinct sets of dimensions of an event in an hour: what is beyond is added up as {@link OVERFLOW}. */
export const MOST_SETS = 1_000;
/** How long a reservation holds that nobody settles, in ms: its isolate has died. */
export const RESERVED_MS = 900_000;

/** The dimensions of what had too many. */
export const OVERFLOW: Readonly<Record<string, string>> = { overflow: "true" };

/** Events, credit and outbox of each consumer. */
export interface MeterStore {
  /**
   * Opens a session: flushes of an isolate count within it and nowhere else. It counts nothing itself, so that one whose
   * answer is lost does no harm.
   */
  open(subject: string): Promise<number>;
  /** Counts what a flush holds and settles its reservations, once, however often it is sent. */
  flush(subject: string, flush: Flush): Promise<FlushOutcome>;
  /** Reserves credit, all or nothing. @param id the caller's, unique: the same again reserves no more */
  reserve(subject: string, id: string, units: number): Promise<Credit & { readonly granted: boolean }>;
  credit(subject: string): Promise<Credit>;
  topUp(subject: string, topUp: TopUp): Promise<Credit | "reused">;
  usage(subject: string, query: UsageQuery): Promise<readonly Usage[]>;
  outbox(subject: string): Promise<OutboxState>;
  /** Tries a batch anew, dead or not. @returns whether there is such a batch */
  retry(subject: string, batch: string): Promise<boolean>;
  /** Tries anew what a receiver would not have. @returns how many batches */
  retryDead(subject: string, receiver: Receiver): Promise<number>;
  discard(subject: string, discarding: Discarding): Promise<Discarded>;
  /** What operators have done to a consumer's credit and batches, the newest first. */
  lines(subject: string, query: PageQuery): Promise<Page<ActLine>>;
  /** Whose outboxes owe something. It may be late: see `LATE_MS`. */
  debtors(query: DebtorQuery): Promise<Page<Debtor>>;
}
