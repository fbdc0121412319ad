import { DurableObject } from "cloudflare:workers";
import type { AdminToken, NewAdminToken } from "./admin-token.ts";
import type { AuditLine } from "./audit-line.ts";
import type { Consumer, ConsumerChange, ConsumerKey, KeyHolder, NewConsumer, NewKey } from "./consumer.ts";
import type { Act, ImportOutcome, Outcome, Page, PageQuery } from "./consumer-registry.ts";
import { RegistryBook } from "./registry-book.ts";
import type { RegistryNews } from "./registry-news.ts";
import type { OnConflict, RegistryRecord } from "./registry-record.ts";
import { sqliteTables } from "./sqlite-tables.ts";

/**
 * The registry of all isolates: one object, because whoever writes must see what everybody else has written. An
 * isolate that is in use asks it for each key that it is shown, and then once in the staleness bound for all of them
 * together, what is new. Each method is that of
 * `ConsumerRegistry`; none awaits anything, so none comes between the parts of another.
 */
export class ConsumersObject extends DurableObject {
  readonly #book: RegistryBook;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#book = new RegistryBook(
      sqliteTables({ sql: ctx.storage.sql, transactionSync: (work) => ctx.storage.transactionSync(work) }),
    );
  }

  find(hash: string, at: number): KeyHolder | undefined {
    return this.#book.find(hash, at);
  }

  noteUse(key: string, at: number): void {
    this.#book.noteUse(key, at);
  }

  consumer(id: string): { consumer: Consumer; keys: readonly ConsumerKey[] } | undefined {
    return this.#book.consumer(id);
  }

  consumers(query: PageQuery): Page<Consumer> {
    return this.#book.consumers(query);
  }

  audit(query: PageQuery, consumer?: string): Page<AuditLine> {
    return this.#book.audit(query, consumer);
  }

  news(since: number | undefined): RegistryNews {
    return this.#book.news(since);
  }

  create(consumer: NewConsumer, act: Act): Outcome<Consumer> {
    return this.#book.create(consumer, act);
  }

  change(id: string, change: ConsumerChange, version: number, act: Act): Outcome<Consumer> {
    return this.#book.change(id, change, version, act);
  }

  remove(id: string, version: number, act: Act): Outcome<Consumer> {
    return this.#book.remove(id, version, act);
  }

  addKey(consumer: string, key: NewKey, act: Act): Outcome<ConsumerKey> {
    return this.#book.addKey(consumer, key, act);
  }

  rollKey(key: string, next: Pick<NewKey, "id" | "hash">, overlap: number, act: Act): Outcome<ConsumerKey> {
    return this.#book.rollKey(key, next, overlap, act);
  }

  revokeKey(key: string, act: Act): Outcome<ConsumerKey> {
    return this.#book.revokeKey(key, act);
  }

  exportRecords(query: PageQuery, act: Act): Page<RegistryRecord> {
    return this.#book.exportRecords(query, act);
  }

  importRecords(records: readonly RegistryRecord[], onConflict: OnConflict, act: Act): ImportOutcome {
    return this.#book.importRecords(records, onConflict, act);
  }

  findToken(hash: string, at: number): AdminToken | undefined {
    return this.#book.findToken(hash, at);
  }

  tokens(): readonly AdminToken[] {
    return this.#book.tokens();
  }

  addToken(token: NewAdminToken, act: Act): Outcome<AdminToken> {
    return this.#book.addToken(token, act);
  }

  revokeToken(token: string, act: Act): Outcome<AdminToken> {
    return this.#book.revokeToken(token, act);
  }
}
