import type { QuotaState } from "./count.ts";
import { LINE_MS, MOST_LINES, type QuotaLine, type Warning } from "./quota-store.ts";
import type { QuotaTables } from "./tables.ts";

/** The part of a Durable Object's storage that is used. */
export type SqliteStorage = Pick<DurableObjectStorage, "sql" | "transactionSync">;

/** What administrators did refuses to be changed: only what need not be kept any longer can be deleted. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS released (taken INTEGER PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS warnings (id TEXT PRIMARY KEY, due INTEGER NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lines (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, once TEXT, fingerprint TEXT, data TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS lines_once ON lines (once) WHERE once IS NOT NULL;
  CREATE TRIGGER IF NOT EXISTS lines_last BEFORE DELETE ON lines
    WHEN OLD.number > (SELECT MAX(number) FROM lines) - ${MOST_LINES}
      AND OLD.at > (SELECT at FROM lines ORDER BY number DESC LIMIT 1) - ${LINE_MS}
    BEGIN SELECT RAISE(ABORT, 'what was done to a quota stays written'); END;
  CREATE TRIGGER IF NOT EXISTS lines_stay BEFORE UPDATE ON lines
    BEGIN SELECT RAISE(ABORT, 'what was done to a quota stays written'); END;
`;

type Row = Record<string, SqlStorageValue>;

/** The tables of one counter in SQLite. Only what is written makes them: who asks must leave nothing behind. */
export function sqliteTables({ sql, transactionSync }: SqliteStorage, drop: () => void): QuotaTables {
  let ready = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'state'").toArray().length > 0;
  const read = <T extends Row>(query: string, ...values: SqlStorageValue[]): T[] =>
    ready ? sql.exec<T>(query, ...values).toArray() : [];
  const write = (query: string, ...values: SqlStorageValue[]) => {
    if (!ready) sql.exec(SCHEMA);
    ready = true;
    return sql.exec(query, ...values);
  };
  return {
    atomically: (work) => {
      const before = ready;
      try {
        return transactionSync(work);
      } catch (error) {
        ready = before;
        throw error;
      }
    },
    state: () => parsed<QuotaState>(read<{ data: string }>("SELECT data FROM state"))[0],
    putState: (state) => void write("INSERT OR REPLACE INTO state VALUES (1, ?)", JSON.stringify(state)),
    isReleased: (taken) => read("SELECT 1 FROM released WHERE taken = ?", taken).length > 0,
    putReleased: (taken) => void write("INSERT INTO released VALUES (?)", taken),
    dropReleased: (last) => void write("DELETE FROM released WHERE taken <= ?", last),
    warnings: () => parsed<Warning>(read<{ data: string }>("SELECT data FROM warnings ORDER BY due")),
    putWarning: (warning) =>
      void write(
        "INSERT OR REPLACE INTO warnings VALUES (?, ?, ?)",
        warning.id,
        warning.due,
        JSON.stringify(warning),
      ),
    dropWarning: (id) => void write("DELETE FROM warnings WHERE id = ?", id),
    appendLine: ({ once, ...line }) =>
      write(
        "INSERT INTO lines (at, once, fingerprint, data) VALUES (?, ?, ?, ?) RETURNING number",
        line.at,
        once?.key ?? null,
        once?.fingerprint ?? null,
        JSON.stringify(line),
      ).one().number as number,
    lines: () =>
      read<{ number: number; data: string }>("SELECT number, data FROM lines ORDER BY number DESC").map(
        ({ number, data }) => ({ number, ...(JSON.parse(data) as Omit<QuotaLine, "number">) }),
      ),
    lineOnce: (key) =>
      read<{ key: string; fingerprint: string }>(
        "SELECT once AS key, fingerprint FROM lines WHERE once = ?",
        key,
      )[0],
    dropLines: (last, before) => void write("DELETE FROM lines WHERE number <= ? OR at < ?", last, before),
    clear() {
      ready = false;
      drop();
    },
  };
}

function parsed<T>(rows: ReadonlyArray<{ readonly data: string }>): T[] {
  return rows.map(({ data }) => JSON.parse(data) as T);
}
