import { type ActLine, LINE_MS, MOST_LINES } from "./act-line.ts";
import type { Told } from "./index-report.ts";
import type { Usage } from "./meter-store.ts";
import { destinationOf, dimensionsText, placeOf } from "./table-keys.ts";
import type { Batch, BatchState, MeterTables, PendingLine } from "./tables.ts";

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
  CREATE INDEX IF NOT EXISTS queues ON batches (dead, data ->> 'upstream', data ->> 'path', number);
  CREATE TABLE IF NOT EXISTS places (place TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS usage (
    event TEXT, hour INTEGER, dimensions TEXT, value INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (event, hour, dimensions)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS balance (one INTEGER PRIMARY KEY, units INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS reservations (id TEXT PRIMARY KEY, units INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS told (one INTEGER PRIMARY KEY, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS lines (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, once TEXT UNIQUE, fingerprint TEXT, data TEXT NOT NULL
  );
  CREATE TRIGGER IF NOT EXISTS lines_last BEFORE DELETE ON lines
    WHEN OLD.number > (SELECT MAX(number) FROM lines) - ${MOST_LINES}
      AND OLD.at >= (SELECT at FROM lines ORDER BY number DESC LIMIT 1) - ${LINE_MS}
    BEGIN SELECT RAISE(ABORT, 'what was done to credit stays written'); END;
  CREATE TRIGGER IF NOT EXISTS lines_stay BEFORE UPDATE ON lines
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
    queues: (dead) =>
      read<
        Row & {
          upstream: string;
          path: string;
          count: number;
          number: number;
          data: string;
          latest: string | null;
        }
      >(
        `SELECT upstream, path, count, a.number, a.data, b.data ->> 'last' AS latest FROM (
            SELECT data ->> 'upstream' AS upstream, data ->> 'path' AS path, COUNT(*) AS count,
              MIN(number) AS low, MAX(number) AS high
            FROM batches WHERE dead = ? GROUP BY data ->> 'upstream', data ->> 'path')
          JOIN batches a ON a.number = low JOIN batches b ON b.number = high`,
        Number(dead),
      ).map(({ upstream, path, count, number, data, latest }) => ({
        upstream,
        path,
        count,
        first: stateOf({ number, data, dead: Number(dead) }),
        last: latest ?? undefined,
      })),
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
    retryDead: ({ upstream, path }, due) =>
      read(
        `UPDATE batches SET dead = 0, data = json_set(data, '$.due', ?)
          WHERE dead = 1 AND data ->> 'upstream' = ? AND data ->> 'path' = ? RETURNING 1`,
        due,
        upstream,
        path,
      ).length,
    told: () =>
      read<{ data: string }>("SELECT data FROM told").map(({ data }) => JSON.parse(data) as Told)[0],
    putTold: (told) => write("INSERT OR REPLACE INTO told VALUES (1, ?)", JSON.stringify(told)),
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
    appendLine: (line, once) =>
      write(
        "INSERT INTO lines (at, once, fingerprint, data) VALUES (?, ?, ?, ?)",
        line.at,
        once?.key ?? null,
        once?.fingerprint ?? null,
        JSON.stringify(line),
      ),
    lineOnce: (key) =>
      read<{ fingerprint: string }>("SELECT fingerprint FROM lines WHERE once = ?", key)[0]?.fingerprint,
    lines: (before, most) =>
      read<{ number: number; data: string }>(
        "SELECT number, data FROM lines WHERE number < ? ORDER BY number DESC LIMIT ?",
        before,
        most,
      ).map(({ number, data }) => ({ ...(JSON.parse(data) as ActLine), number })),
    dropLines: (before, keep) =>
      write("DELETE FROM lines WHERE at < ? OR number <= (SELECT MAX(number) FROM lines) - ?", before, keep),
  };
}

function stateOf({ number, dead, data }: Omit<BatchRow, "body">): BatchState {
  return {
    ...(JSON.parse(data as string) as Omit<Batch, "body" | "dead" | "number">),
    dead: dead === 1,
    number: number as number,
  };
}

function batchOf(row: BatchRow): Batch {
  return { ...stateOf(row), body: row.body };
}
