// A registry of keys by hand, in one SQLite object as the gateway's is.
import { DurableObject } from "cloudflare:workers";

/** What the gateway's import takes, as far as the benchmark fills it in. */
type ImportedRecord = { readonly consumer: ImportedConsumer } | { readonly key: ImportedKey };
interface ImportedConsumer {
  readonly id: string;
  readonly plan: string;
  readonly roles: readonly string[];
  readonly suspended: boolean;
}
interface ImportedKey {
  readonly id: string;
  readonly consumer: string;
  readonly hash: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

/** Whose a key is. */
export interface Holder {
  readonly key: string;
  readonly consumer: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly plan: string;
  readonly suspended: boolean;
  /** Ms since the epoch. */
  readonly expires: number;
}

const NEVER = 8_640_000_000_000_001;
const USE_MS = 60_000;

export class KeyRegistry extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(context: DurableObjectState, env: Cloudflare.Env) {
    super(context, env);
    this.#sql = context.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS consumers (id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS keys (
        hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, consumer TEXT NOT NULL, expires REAL NOT NULL,
        revoked INTEGER NOT NULL, used REAL NOT NULL, data TEXT NOT NULL
      ) WITHOUT ROWID;
    `);
  }

  find(hash: string, now: number): Holder | undefined {
    const [key] = this.#sql
      .exec<{ consumer: string; data: string }>(
        "SELECT consumer, data FROM keys WHERE hash = ? AND expires > ? AND revoked = 0",
        hash,
        now,
      )
      .toArray();
    if (key === undefined) return undefined;
    const consumer = this.#sql
      .exec<{ data: string }>("SELECT data FROM consumers WHERE id = ?", key.consumer)
      .one();
    return { ...JSON.parse(key.data), ...JSON.parse(consumer.data) };
  }

  noteUse(id: string, now: number): void {
    this.#sql.exec("UPDATE keys SET used = ? WHERE id = ? AND used < ?", now, id, now - USE_MS);
  }

  take(records: readonly ImportedRecord[]): void {
    for (const record of records) {
      if ("consumer" in record) {
        const { id, plan, roles, suspended } = record.consumer;
        const data = JSON.stringify({ consumer: id, plan, roles, suspended });
        this.#sql.exec("INSERT INTO consumers VALUES (?, ?)", id, data);
      } else {
        const { id, consumer, hash, scopes, expiresAt, revokedAt } = record.key;
        const expires = expiresAt === undefined ? NEVER : Date.parse(expiresAt);
        const data = JSON.stringify({ key: id, scopes, expires });
        const revoked = revokedAt === undefined ? 0 : 1;
        this.#sql.exec(
          "INSERT INTO keys VALUES (?, ?, ?, ?, ?, 0, ?)",
          hash,
          id,
          consumer,
          expires,
          revoked,
          data,
        );
      }
    }
  }
}
