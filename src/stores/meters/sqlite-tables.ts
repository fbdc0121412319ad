import type { Usage } from "./meter-store.ts";
import { destinationOf, dimensionsText, placeOf } from "./table-keys.ts";
import type { Batch, MeterTables, PendingLine } from "./tables.ts";

/** The part of a Durable Object's storage that is used. */
export type SqliteStorage = Pick<DurableObjectStorage, "sql" | "transactionSync">;

/** A number of a session is never given again, and what was done to credit stays written. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS about (one INTEGER PRIMARY KEY, subject TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, last INTEGER NOT NULL, seen INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS pending (
    place TEXT, minute INTEGER, event TEXT, dimensions TEXT,
    value INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (place, minute, event, dimensions)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batches (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
    dead INTEGER NOT NULL, data TEXT NOT NULL, body TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS live ON batches (number) WHERE dead = 0;
  CREATE TABLE IF NOT EXISTS places (place TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS usage (
    event TEXT, hour INTEGER, dimensions TEXT, value INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (event, hour, dimensions)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS balance (one INTEGER PRIMARY KEY, units INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS reservations (id TEXT PRIMARY KEY, units INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS top_ups (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TRIGGER IF NOT EXISTS top_ups_stay BEFORE DELETE ON top_ups
    BEGIN SELECT RAISE(ABORT, 'what was done to credit stays written'); END;
`;

type Row = Record<string, SqlStorageValue>;
type BatchRow = Row & {
  readonly number: number;
  readonly dead: number;
  readonly data: string;
  readonly body: string;
};

/** One consumer's tables in SQLite. */
export function sqliteTables({ sql, transactionSync }: SqliteStorage): MeterTables {
  sql.exec(SCHEMA);
  const read = <T extends Row>(query: string, ...values: SqlStorageValue[]): T[] =>
    sql.exec<T>(query, ...values).toArray();
  const write = (query: string, ...values: SqlStorageValue[]) => void sql.exec(query, ...values);
  const number = (query: string, ...values: SqlStorageValue[]) =>
    read<{ n: number | null }>(query, ...values)[0]?.n ?? undefined;
  return {
    atomically: (work) => transactionSync(work),
    subject: () => read<{ subject: string }>("SELECT subject FROM about")[0]?.subject ?? "",
    putSubject: (subject) => write("INSERT OR IGNORE INTO about VALUES (1, ?)", subject),
    addSession: (seen) => number("INSERT INTO sessions (last, seen) VALUES (0, ?) RETURNING id AS n", seen)!,
    session: (id) => number("SELECT last AS n FROM sessions WHERE id = ?", id),
    putSession: (id, last, seen) =>
      write("UPDATE sessions SET last = ?, seen = ? WHERE id = ?", last, seen, id),
    dropSessions: (before, keep) =>
      write(
        `DELETE FROM sessions WHERE seen < ?
          OR id IN (SELECT id FROM sessions ORDER BY seen DESC, id DESC LIMIT -1 OFFSET ?)`,
        before,
        keep,
      ),
    addPending(to, { event, dimensions, minute, value, count }, now) {
      const place = placeOf(to);
      write("INSERT OR IGNORE INTO places VALUES (?, ?)", place, now);
      write(
        `INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET value = value + excluded.value, count = count + excluded.count`,
        place,
        minute,
        event,
        dimensionsText(dimensions),
        value,
        count,
      );
    },
    gathering: () =>
      read<{ place: string; since: number }>("SELECT place, since FROM places").map(({ place, since }) => ({
        to: destinationOf(place),
        since,
      })),
    pendingCount: () => number("SELECT COUNT(*) AS n FROM pending")!,
    takePending(to, most) {
      const place = placeOf(to);
      const rows = read<Row & Omit<PendingLine, "dimensions"> & { dimensions: string }>(
        "SELECT minute, event, dimensions, value, count FROM pending WHERE place = ? ORDER BY minute, event LIMIT ?",
        place,
        most,
      );
      for (const { minute, event, dimensions } of rows) {
        write(
          "DELETE FROM pending WHERE place = ? AND minute = ? AND event = ? AND dimensions = ?",
          place,
          minute,
          event,
          dimensions,
        );
      }
      write(
        "DELETE FROM places WHERE place = ?1 AND NOT EXISTS (SELECT 1 FROM pending WHERE place = ?1)",
        place,
      );
      return rows.map(({ dimensions, ...row }) => ({ ...row, dimensions: JSON.parse(dimensions) }));
    },
    live: () => read<BatchRow>("SELECT * FROM batches WHERE dead = 0 ORDER BY number").map(batchOf),
    batch: (id) => read<BatchRow>("SELECT * FROM batches WHERE id = ?", id).map(batchOf)[0],
    states: (most) =>
      read<Omit<BatchRow, "body">>(
        "SELECT number, dead, data FROM batches ORDER BY number LIMIT ?",
        most,
      ).map(stateOf),
    addBatch: ({ body, dead, ...batch }) =>
      write(
        "INSERT INTO batches (id, dead, data, body) VALUES (?, ?, ?, ?)",
        batch.id,
        Number(dead),
        JSON.stringify(batch),
        body,
      ),
    putBatch: ({ number: _, body: __, dead, ...batch }) =>
      write(
        "UPDATE batches SET dead = ?, data = ? WHERE id = ?",
        Number(dead),
        JSON.stringify(batch),
        batch.id,
      ),
    dropBatch: (id) => write("DELETE FROM batches WHERE id = ?", id),
    sets: (event, hour) =>
      number("SELECT COUNT(*) AS n FROM usage WHERE event = ? AND hour = ?", event, hour)!,
    hasSet: (event, hour, dimensions) =>
      number(
        "SELECT 1 AS n FROM usage WHERE event = ? AND hour = ? AND dimensions = ?",
        event,
        hour,
        dimensionsText(dimensions),
      ) !== undefined,
    addUsage: ({ event, dimensions, hour, value, count }) =>
      write(
        `INSERT INTO usage VALUES (?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET value = value + excluded.value, count = count + excluded.count`,
        event,
        hour,
        dimensionsText(dimensions),
        value,
        count,
      ),
    usage: ({ event, from, to }) =>
      read<Row & Omit<Usage, "dimensions"> & { dimensions: string }>(
        `SELECT event, hour, dimensions, value, count FROM usage
          WHERE hour BETWEEN ? AND ? AND (?3 IS NULL OR event = ?3) ORDER BY hour, event, dimensions`,
        from,
        to,
        event ?? null,
      ).map(({ dimensions, ...row }) => ({ ...row, dimensions: JSON.parse(dimensions) })),
    dropUsage: (before) => write("DELETE FROM usage WHERE hour < ?", before),
    balance: () => number("SELECT units AS n FROM balance") ?? 0,
    putBalance: (balance) => write("INSERT OR REPLACE INTO balance VALUES (1, ?)", balance),
    reserved: () => number("SELECT SUM(units) AS n FROM reservations") ?? 0,
    reservation: (id) => number("SELECT units AS n FROM reservations WHERE id = ?", id),
    putReservation: (id, units, until) =>
      write("INSERT INTO reservations VALUES (?, ?, ?)", id, units, until),
    dropReservation: (id) => write("DELETE FROM reservations WHERE id = ?", id),
    dropReservations: (before) => write("DELETE FROM reservations WHERE until <= ?", before),
    topUp: (key) =>
      read<{ fingerprint: string }>("SELECT fingerprint FROM top_ups WHERE key = ?", key)[0]?.fingerprint,
    putTopUp: (key, fingerprint, data) =>
      write("INSERT INTO top_ups VALUES (?, ?, ?)", key, fingerprint, data),
  };
}

function stateOf({ number, dead, data }: Omit<BatchRow, "body">): Omit<Batch, "body"> {
  return {
    ...(JSON.parse(data as string) as Omit<Batch, "body" | "dead" | "number">),
    dead: dead === 1,
    number: number as number,
  };
}

function batchOf(row: BatchRow): Batch {
  return { ...stateOf(row), body: row.body };
}
