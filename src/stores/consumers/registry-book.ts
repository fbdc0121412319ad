import type { AdminToken, NewAdminToken } from "./admin-token.ts";
import { appendLines } from "./append-lines.ts";
import type { AuditLine } from "./audit-line.ts";
import type { Consumer, ConsumerChange, ConsumerKey, KeyHolder, NewConsumer, NewKey } from "./consumer.ts";
import {
  type Act,
  type ImportOutcome,
  ONCE_MS,
  type Outcome,
  type Page,
  type PageQuery,
  USE_MS,
  type WriteFault,
} from "./consumer-registry.ts";
import { decideImport } from "./decide-import.ts";
import { changed, type Decision, holds, refusedWrite, rolled, withoutHash } from "./decisions.ts";
import { exportPage } from "./export-page.ts";
import { page } from "./page.ts";
import { newsSince, type RegistryNews } from "./registry-news.ts";
import type { OnConflict, RegistryRecord } from "./registry-record.ts";
import type { ConsumerTables } from "./tables.ts";

/** What a `ConsumerRegistry` does, over tables that answer at once. */
export class RegistryBook {
  readonly #tables: ConsumerTables;

  constructor(tables: ConsumerTables) {
    this.#tables = tables;
  }

  find(hash: string, at: number): KeyHolder | undefined {
    const key = this.#tables.liveKey(hash, at);
    const consumer = key && this.#tables.consumer(key.consumer);
    return consumer && { key: withoutHash(key), consumer };
  }

  noteUse(id: string, at: number): void {
    const key = this.#tables.key(id);
    if (key === undefined || at < (key.lastUsedAt ?? Number.NEGATIVE_INFINITY) + USE_MS) return;
    this.#tables.putKey({ ...key, lastUsedAt: at });
  }

  consumer(id: string): { consumer: Consumer; keys: readonly ConsumerKey[] } | undefined {
    const consumer = this.#tables.consumer(id);
    return consumer && { consumer, keys: this.#tables.keysOf(id).map(withoutHash) };
  }

  consumers({ after = "", limit }: PageQuery): Page<Consumer> {
    return page(this.#tables.consumersAfter(after, limit + 1), limit, ({ id }) => id);
  }

  audit({ after, limit }: PageQuery, consumer?: string): Page<AuditLine> {
    const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(after);
    const lines = this.#tables.linesBefore(before, limit + 1, consumer);
    return page(lines, limit, ({ number }) => String(number));
  }

  news(since: number | undefined): RegistryNews {
    return newsSince(since, this.#tables);
  }

  create(fields: NewConsumer, act: Act): Outcome<Consumer> {
    return this.#write(act, () => {
      if (this.#tables.consumer(fields.id) !== undefined) return refusedWrite("exists");
      const consumer: Consumer = { ...fields, createdAt: act.at, version: 1 };
      const { id, metadata, ...rest } = fields;
      return {
        value: consumer,
        write: () => this.#tables.putConsumer(consumer),
        lines: [
          {
            action: "consumer.create",
            consumer: id,
            detail: { ...rest, metadata: Object.keys(metadata) },
          },
        ],
      };
    });
  }

  change(id: string, change: ConsumerChange, version: number, act: Act): Outcome<Consumer> {
    return this.#write(act, () => {
      const seen = this.#seen(id, version);
      if ("fault" in seen) return seen;
      const consumer = changed(seen.consumer, change);
      const { metadata, ...rest } = change;
      const detail = { ...rest, ...(metadata && { metadata: Object.keys(metadata) }) };
      return {
        value: consumer,
        write: () => this.#tables.putConsumer(consumer),
        lines: [{ action: "consumer.change", consumer: id, detail }],
      };
    });
  }

  remove(id: string, version: number, act: Act): Outcome<Consumer> {
    return this.#write(act, () => {
      const seen = this.#seen(id, version);
      if ("fault" in seen) return seen;
      return {
        value: seen.consumer,
        write: () => this.#tables.dropConsumer(id),
        lines: [{ action: "consumer.remove", consumer: id, detail: {} }],
      };
    });
  }

  addKey(consumer: string, fields: NewKey, act: Act): Outcome<ConsumerKey> {
    return this.#write(act, () => {
      if (this.#tables.consumer(consumer) === undefined) return refusedWrite("unknown");
      const key = { ...fields, consumer, createdAt: act.at };
      const { id, hash: _, ...detail } = fields;
      return {
        value: withoutHash(key),
        write: () => this.#tables.putKey(key),
        lines: [{ action: "key.create", consumer, key: id, detail }],
      };
    });
  }

  rollKey(id: string, next: Pick<NewKey, "id" | "hash">, overlap: number, act: Act): Outcome<ConsumerKey> {
    return this.#write(act, () => {
      const key = this.#tables.key(id);
      if (key === undefined) return refusedWrite("unknown");
      const both = rolled(key, next, overlap, act.at);
      if (both === undefined) return refusedWrite("ended");
      return {
        value: withoutHash(both.next),
        write: () => {
          this.#tables.putKey(both.old);
          this.#tables.putKey(both.next);
        },
        lines: [
          {
            action: "key.roll",
            consumer: key.consumer,
            key: id,
            detail: { replacedBy: next.id, expiresAt: both.old.expiresAt },
          },
        ],
      };
    });
  }

  revokeKey(id: string, act: Act): Outcome<ConsumerKey> {
    return this.#write(act, () => {
      const key = this.#tables.key(id);
      if (key === undefined) return refusedWrite("unknown");
      if (key.revokedAt !== undefined) return { value: withoutHash(key) };
      const revoked = { ...key, revokedAt: act.at };
      return {
        value: withoutHash(revoked),
        write: () => this.#tables.putKey(revoked),
        lines: [{ action: "key.revoke", consumer: key.consumer, key: id, detail: {} }],
      };
    });
  }

  exportRecords(query: PageQuery, { at, actor }: Act): Page<RegistryRecord> {
    return this.#tables.atomically(() => {
      const { items, next } = exportPage(query, this.#tables);
      const detail = { records: items.length, ...(query.after !== undefined && { after: query.after }) };
      appendLines([{ action: "registry.export", detail }], { at, actor }, this.#tables);
      return next === undefined ? { items } : { items, next };
    });
  }

  importRecords(records: readonly RegistryRecord[], onConflict: OnConflict, act: Act): ImportOutcome {
    return this.#write(act, () => decideImport(records, onConflict, this.#tables));
  }

  findToken(hash: string, at: number): AdminToken | undefined {
    const token = this.#tables.tokens().find((each) => each.hash === hash && holds(each, at));
    return token && withoutHash(token);
  }

  tokens(): readonly AdminToken[] {
    return this.#tables.tokens().map(withoutHash);
  }

  addToken(fields: NewAdminToken, act: Act): Outcome<AdminToken> {
    return this.#write(act, () => {
      const taken = this.#tables.tokens().some((each) => each.name === fields.name && holds(each, act.at));
      if (taken) return refusedWrite("exists");
      const token = { ...fields, createdAt: act.at };
      const { id, hash: _, ...detail } = fields;
      return {
        value: withoutHash(token),
        write: () => this.#tables.putToken(token),
        lines: [{ action: "token.create", token: id, detail }],
      };
    });
  }

  revokeToken(id: string, act: Act): Outcome<AdminToken> {
    return this.#write(act, () => {
      const token = this.#tables.tokens().find((each) => each.id === id);
      if (token === undefined) return refusedWrite("unknown");
      if (token.revokedAt !== undefined) return { value: withoutHash(token) };
      const revoked = { ...token, revokedAt: act.at };
      return {
        value: withoutHash(revoked),
        write: () => this.#tables.putToken(revoked),
        lines: [{ action: "token.revoke", token: id, detail: { name: token.name } }],
      };
    });
  }

  #seen(id: string, version: number): { consumer: Consumer } | ReturnType<typeof refusedWrite> {
    const consumer = this.#tables.consumer(id);
    if (consumer === undefined) return refusedWrite("unknown");
    return consumer.version === version ? { consumer } : refusedWrite("stale");
  }

  /** Decides and writes in one transaction. Faults are not kept: what fails may be tried again. */
  #write<T, Reason extends object = { readonly fault: WriteFault }>(
    act: Act,
    decide: () => Decision<T, Reason>,
  ): Outcome<T> | Reason {
    const { at, actor, once } = act;
    return this.#tables.atomically(() => {
      this.#tables.dropOutcomes(at - ONCE_MS);
      // Each actor has keys of its own.
      const name = once && JSON.stringify([actor, once.key]);
      const before = name && this.#tables.outcome(name);
      if (before) {
        if (before.fingerprint !== once?.fingerprint) return refusedWrite("reused");
        return { value: before.value as T, repeated: true };
      }
      const decision = decide();
      if (!("value" in decision)) return decision;
      const { value, write, lines = [] } = decision;
      write?.();
      appendLines(lines, { at, actor }, this.#tables);
      if (name) this.#tables.putOutcome(name, { fingerprint: once!.fingerprint, value, at });
      return { value, repeated: false };
    });
  }
}
