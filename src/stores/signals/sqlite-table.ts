import type { SignalRecord, SignalTable } from "./signal-book.ts";

/** The record of one upstream in SQLite. Only what is written makes the table: who tells must leave nothing behind. */
export function sqliteTable(sql: SqlStorage, drop: () => void): SignalTable {
  let ready = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'kept'").toArray().length > 0;
  return {
    read() {
      if (!ready) return undefined;
      const [row] = sql.exec<{ data: string }>("SELECT data FROM kept").toArray();
      return row && (JSON.parse(row.data) as SignalRecord);
    },
    write(record) {
      if (!ready) sql.exec("CREATE TABLE kept (one INTEGER PRIMARY KEY, data TEXT NOT NULL)");
      ready = true;
      sql.exec("INSERT OR REPLACE INTO kept VALUES (1, ?)", JSON.stringify(record));
    },
    clear() {
      if (ready) drop();
      ready = false;
    },
  };
}
