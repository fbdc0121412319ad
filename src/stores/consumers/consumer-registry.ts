import type { AdminToken, NewAdminToken } from "./admin-token.ts";
import type { AuditLine } from "./audit-line.ts";
import type { Consumer, ConsumerChange, ConsumerKey, KeyHolder, NewConsumer, NewKey } from "./consumer.ts";
import type { RegistryNews } from "./registry-news.ts";
import type { ImportConflict, ImportedAs, OnConflict, RegistryRecord } from "./registry-record.ts";

/** Who writes, and when. */
export interface Act {
  readonly actor: string;
  /** ms since the epoch */
  readonly at: number;
  /** A write that bears the same key again within a day is not done again: it gets the first one's outcome. */
  readonly once?: {
    readonly key: string;
    /** What was asked, in short: the same key for something else is a mistake. */
    readonly fingerprint: string;
  };
}

/** Why a write was not done. Nothing has changed then, and there is no line of it. */
export type WriteFault =
  /** There is no such consumer, key or token. */
  | "unknown"
  /** There is one of this id, or name. */
  | "exists"
  /** Somebody has changed it since it was seen. */
  | "stale"
  /** The key was revoked, has expired or was rolled before. */
  | "ended"
  /** The key of {@link Act.once} was used for something else. */
  | "reused";

/** What came of a write. */
export type Outcome<T> =
  | {
      readonly value: T;
      /** It was done before, under the same {@link Act.once}: `value` is what it was then. */
      readonly repeated: boolean;
    }
  | { readonly fault: WriteFault };

/** What came of an import: of each record, or why nothing of it was done. */
export type ImportOutcome =
  | Outcome<readonly ImportedAs[]>
  | { readonly conflicts: readonly ImportConflict[] };

/** A part of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next part begins; absent at the end. */
  readonly next?: string;
}

/** Which part of a list. */
export interface PageQuery {
  /** From {@link Page.next}; absent for the first part. */
  readonly after?: string | undefined;
  /** The most items. */
  readonly limit: number;
}

/**
 * The registered callers and their keys. Every write and its audit line are one transaction: a crash leaves both or
 * neither.
 */
export interface ConsumerRegistry {
  /**
   * The holder of the key with this hash. Nobody for one that is unknown, revoked or expired: the three take the
   * same way and the same time.
   * @param at ms since the epoch
   */
  find(hash: string, at: number): Promise<KeyHolder | undefined>;
  /** Keeps when a key was used: the latest, and not more often than once a minute. */
  noteUse(key: string, at: number): Promise<void>;

  consumer(id: string): Promise<{ consumer: Consumer; keys: readonly ConsumerKey[] } | undefined>;
  /** In the order of their ids. */
  consumers(query: PageQuery): Promise<Page<Consumer>>;
  /** The newest first. @param consumer only what is about this one */
  audit(query: PageQuery, consumer?: string): Promise<Page<AuditLine>>;

  /**
   * Whom what was written since a line of the audit log is about: whoever knows something of anybody else may go on
   * knowing it. @param since number of the newest line that the asker knows of
   */
  news(since: number | undefined): Promise<RegistryNews>;

  create(consumer: NewConsumer, act: Act): Promise<Outcome<Consumer>>;
  /** @param version of the consumer as it was seen */
  change(id: string, change: ConsumerChange, version: number, act: Act): Promise<Outcome<Consumer>>;
  /** Removes it with its keys; what the audit log holds of it stays. @param version as it was seen */
  remove(id: string, version: number, act: Act): Promise<Outcome<Consumer>>;
  addKey(consumer: string, key: NewKey, act: Act): Promise<Outcome<ConsumerKey>>;
  /**
   * Puts a new key in the place of one, which goes on to hold for `overlap`. The new one grants the same, and lasts as
   * long as the old one was to last.
   * @param overlap ms
   */
  rollKey(
    key: string,
    next: Pick<NewKey, "id" | "hash">,
    overlap: number,
    act: Act,
  ): Promise<Outcome<ConsumerKey>>;
  /** From now on it is refused. To revoke it again changes nothing. */
  revokeKey(key: string, act: Act): Promise<Outcome<ConsumerKey>>;

  /**
   * A part of all consumers and their keys, each consumer before its keys: what another registry needs to let the same
   * keys in. An audit line tells of each part that was given out.
   */
  exportRecords(query: PageQuery, act: Act): Promise<Page<RegistryRecord>>;
  /**
   * Takes records in, all of them or none. What is there already as a record has it stays as it is, so that an import
   * may be done again; nothing is taken away, and no key that has ended here holds again.
   */
  importRecords(records: readonly RegistryRecord[], onConflict: OnConflict, act: Act): Promise<ImportOutcome>;

  /** The admin token with this hash; none for one that is unknown, revoked or expired. @param at ms since the epoch */
  findToken(hash: string, at: number): Promise<AdminToken | undefined>;
  /** In the order in which they were made. */
  tokens(): Promise<readonly AdminToken[]>;
  addToken(token: NewAdminToken, act: Act): Promise<Outcome<AdminToken>>;
  /** From now on it is refused. To revoke it again changes nothing. */
  revokeToken(token: string, act: Act): Promise<Outcome<AdminToken>>;
}

/** How long {@link Act.once} is kept, in ms. */
export const ONCE_MS = 24 * 3_600_000;
/** The least time between two uses of a key that are kept, in ms. */
export const USE_MS = 60_000;
