import { type AuditLine, LINE_MS, MOST_LINES } from "./audit-line.ts";
import type { Consumer } from "./consumer.ts";
import type { ConsumerTables, KeptKey, KeptOutcome, KeptToken } from "./tables.ts";

/** The part of a Durable Object's storage that is used. */
export type SqliteStorage = Pick<DurableObjectStorage, "sql" | "transactionSync">;

/**
 * A row holds its thing as JSON, and beside it only what is searched by. Keys that are revoked leave the index by
 * which keys are found, so that they are looked for exactly as those that never were; only an import looks among them.
 * The audit log refuses to be changed: only what it need not keep any longer can be deleted.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS consumers (id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, consumer TEXT NOT NULL, hash TEXT NOT NULL, expires REAL NOT NULL, revoked INTEGER NOT NULL,
    data TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS keys_by_consumer ON keys (consumer);
  CREATE INDEX IF NOT EXISTS live_keys ON keys (hash, expires) WHERE revoked = 0;
  CREATE INDEX IF NOT EXISTS keys_by_hash ON keys (hash);
  CREATE TABLE IF NOT EXISTS tokens (id TEXT PRIMARY KEY, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT, consumer TEXT NOT NULL, data TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS audit_by_consumer ON audit (consumer, number);
  CREATE TRIGGER IF NOT EXISTS audit_lasts BEFORE DELETE ON audit
    WHEN OLD.number > (SELECT MAX(number) FROM audit) - ${MOST_LINES}
      AND json_extract(OLD.data, '$.at') >
        (SELECT json_extract(data, '$.at') FROM audit ORDER BY number DESC LIMIT 1) - ${LINE_MS}
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TABLE IF NOT EXISTS outcomes (once TEXT PRIMARY KEY, at INTEGER NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS outcomes_by_age ON outcomes (at);
`;

/** Stands for never: whatever is later than every time. */
const NEVER = 8_640_000_000_000_001;

/** The tables of a registry in SQLite. Makes them where they are not there yet. */
export function sqliteTables({ sql, transactionSync }: SqliteStorage): ConsumerTables {
  sql.exec(SCHEMA);
  const rows = <T>(query: string, ...values: SqlStorageValue[]): T[] =>
    sql
      .exec<{ data: string }>(query, ...values)
      .toArray()
      .map(({ data }) => JSON.parse(data) as T);
  const row = <T>(query: string, ...values: SqlStorageValue[]): T | undefined => rows<T>(query, ...values)[0];
  const run = (query: string, ...values: SqlStorageValue[]) => void sql.exec(query, ...values);
  return {
    atomically: transactionSync,

    consumer: (id) => row<Consumer>("SELECT data FROM consumers WHERE id = ?", id),
    consumersAfter: (after, limit) =>
      rows<Consumer>("SELECT data FROM consumers WHERE id > ? ORDER BY id LIMIT ?", after, limit),
    putConsumer: (consumer) =>
      run("INSERT OR REPLACE INTO consumers VALUES (?, ?)", consumer.id, JSON.stringify(consumer)),
    dropConsumer(id) {
      run("DELETE FROM consumers WHERE id = ?", id);
      run("DELETE FROM keys WHERE consumer = ?", id);
    },

    key: (id) => row<KeptKey>("SELECT data FROM keys WHERE id = ?", id),
    liveKey: (hash, at) =>
      row<KeptKey>(
        "SELECT data FROM keys INDEXED BY live_keys WHERE hash = ? AND expires > ? AND revoked = 0",
        hash,
        at,
      ),
    keyOfHash: (hash) => row<KeptKey>("SELECT data FROM keys WHERE hash = ?", hash),
    keysOf: (consumer) => rows<KeptKey>("SELECT data FROM keys WHERE consumer = ? ORDER BY rowid", consumer),
    keysAfter: (consumer, place, limit) =>
      sql
        .exec<{ place: number; data: string }>(
          "SELECT rowid AS place, data FROM keys WHERE consumer = ? AND rowid > ? ORDER BY rowid LIMIT ?",
          consumer,
          place,
          limit,
        )
        .toArray()
        .map(({ place, data }) => ({ place, key: JSON.parse(data) as KeptKey })),
    putKey(key) {
      const { id, consumer, hash, expiresAt = NEVER, revokedAt } = key;
      run(
        `INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET expires = excluded.expires, revoked = excluded.revoked, data = excluded.data`,
        id,
        consumer,
        hash,
        expiresAt,
        revokedAt === undefined ? 0 : 1,
        JSON.stringify(key),
      );
    },

    tokens: () => rows<KeptToken>("SELECT data FROM tokens ORDER BY rowid"),
    putToken: (token) =>
      run(
        "INSERT INTO tokens VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
        token.id,
        JSON.stringify(token),
      ),

    appendLine: (line) =>
      sql
        .exec<{ number: number }>(
          "INSERT INTO audit (consumer, data) VALUES (?, ?) RETURNING number",
          line.consumer ?? "",
          JSON.stringify(line),
        )
        .one().number,
    oldestLines: (limit) =>
      sql
        .exec<{ number: number; at: number }>(
          "SELECT number, json_extract(data, '$.at') AS at FROM audit ORDER BY number LIMIT ?",
          limit,
        )
        .toArray(),
    dropLines: (last) => run("DELETE FROM audit WHERE number <= ?", last),
    linesAfter: (number, limit) =>
      sql
        .exec<{ consumer: string }>(
          "SELECT consumer FROM audit WHERE number > ? ORDER BY number LIMIT ?",
          number,
          limit,
        )
        .toArray()
        .map(({ consumer }) => (consumer === "" ? {} : { consumer })),
    linesBefore(number, limit, consumer) {
      const [whose, values] = consumer === undefined ? ["", []] : ["consumer = ? AND ", [consumer]];
      const query = `SELECT number, data FROM audit WHERE ${whose}number < ? ORDER BY number DESC LIMIT ?`;
      const found = sql.exec<{ number: number; data: string }>(query, ...values, number, limit).toArray();
      return found.map(({ number, data }) => ({
        number,
        ...(JSON.parse(data) as Omit<AuditLine, "number">),
      }));
    },

    outcome: (once) => row<KeptOutcome>("SELECT data FROM outcomes WHERE once = ?", once),
    putOutcome: (once, outcome) =>
      run("INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?)", once, outcome.at, JSON.stringify(outcome)),
    dropOutcomes: (before) => run("DELETE FROM outcomes WHERE at < ?", before),
  };
}
