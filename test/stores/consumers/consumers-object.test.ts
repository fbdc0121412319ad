/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MOST_LINES } from "../../../src/stores/consumers/audit-line.ts";
import type { ConsumersObject } from "../../../src/stores/consumers/consumers-object.ts";
import {
  type ConsumersNamespace,
  createDurableObjectConsumers,
} from "../../../src/stores/consumers/durable-object.ts";
import { RegistryBook } from "../../../src/stores/consumers/registry-book.ts";
import type { RegistryRecord } from "../../../src/stores/consumers/registry-record.ts";
import { sqliteTables } from "../../../src/stores/consumers/sqlite-tables.ts";
import { consumerRegistryContract } from "../../contract/consumer-registry.ts";
import { newsContract } from "./news-contract.ts";
import { retentionContract } from "./retention-contract.ts";
import { transferContract } from "./transfer-contract.ts";

const objects = (exports as unknown as { ConsumersObject: DurableObjectNamespace<ConsumersObject> })
  .ConsumersObject;

/** A registry of its own for each test: the gateway's one name would bring them all together. */
function registryOf(name: string) {
  return createDurableObjectConsumers({
    getByName: () => objects.getByName(name) as unknown as ReturnType<ConsumersNamespace["getByName"]>,
  });
}

consumerRegistryContract("the Durable Object", () => registryOf(crypto.randomUUID()));
transferContract("the Durable Object", () => registryOf(crypto.randomUUID()));
retentionContract("the Durable Object", () => registryOf(crypto.randomUUID()));
newsContract("the Durable Object", () => registryOf(crypto.randomUUID()));

describe("the Durable Object of consumers", () => {
  const act = { actor: "ops", at: 1_795_132_800_000 };
  const acme = { id: "acme", roles: [], metadata: {}, suspended: false };

  it("has all that it was told when it comes back", async () => {
    const name = crypto.randomUUID();
    const registry = registryOf(name);
    await registry.create(acme, act);
    await registry.addKey("acme", { id: "k1", prefix: "shop", hash: "h", scopes: [] }, act);
    const before = [await registry.find("h", act.at), await registry.audit({ limit: 10 })];
    await evictDurableObject(objects.getByName(name));
    expect([await registry.find("h", act.at), await registry.audit({ limit: 10 })]).toEqual(before);
    expect(before[0]).toMatchObject({ consumer: { id: "acme" } });
  });

  it("writes nothing where its audit line cannot be written", async () => {
    const name = crypto.randomUUID();
    const registry = registryOf(name);
    await registry.create(acme, act);
    await registry.addKey("acme", { id: "k1", prefix: "shop", hash: "h", scopes: [] }, act);
    await runInDurableObject(objects.getByName(name), (object, { storage }) => {
      storage.sql.exec(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
      );
      const writes = [
        () => object.create({ ...acme, id: "b" }, act),
        () => object.change("acme", { plan: "gold" }, 1, act),
        () => object.addKey("acme", { id: "k2", prefix: "shop", hash: "h2", scopes: [] }, act),
        () => object.rollKey("k1", { id: "k3", hash: "h3" }, 0, act),
        () => object.revokeKey("k1", act),
        () => object.remove("acme", 1, act),
        () =>
          object.importRecords([{ consumer: { ...acme, id: "c", createdAt: 0, version: 1 } }], "refuse", act),
        () => object.exportRecords({ limit: 10 }, act),
      ];
      for (const write of writes) expect(write).toThrow("the disk is full");
    });
    expect((await registry.consumers({ limit: 10 })).items.map(({ id }) => id)).toEqual(["acme"]);
    expect((await registry.consumer("acme"))?.consumer).toMatchObject({ version: 1 });
    expect((await registry.consumer("acme"))?.keys.map(({ id }) => id)).toEqual(["k1"]);
    expect(await registry.find("h", act.at)).toBeDefined();
    for (const hash of ["h2", "h3"]) expect(await registry.find(hash, act.at)).toBeUndefined();
    expect((await registry.audit({ limit: 10 })).items).toHaveLength(2);
  });

  it("lets nobody change or delete a line of the audit log", async () => {
    const name = crypto.randomUUID();
    await registryOf(name).create(acme, act);
    await runInDurableObject(objects.getByName(name), (_, { storage }) => {
      for (const query of ["UPDATE audit SET data = ''", "DELETE FROM audit"]) {
        expect(() => storage.sql.exec(query)).toThrow("append-only");
      }
    });
    expect((await registryOf(name).audit({ limit: 10 })).items).toHaveLength(1);
  });

  it("keeps the newest million lines of the audit log", async () => {
    const name = crypto.randomUUID();
    const registry = registryOf(name);
    for (const id of ["a", "b", "c"]) await registry.create({ ...acme, id }, act);
    const numbers = async () => (await registry.audit({ limit: 10 })).items.map(({ number }) => number);
    await runInDurableObject(objects.getByName(name), (_, { storage }) => {
      const line = JSON.stringify({ at: act.at, actor: "ops", action: "consumer.create", detail: {} });
      // As if all between had been written too.
      storage.sql.exec("INSERT INTO audit VALUES (?, '', ?)", MOST_LINES, line);
      expect(() => storage.sql.exec("DELETE FROM audit WHERE number = 1")).toThrow("append-only");
    });
    await registry.create({ ...acme, id: "d" }, act);
    expect(await numbers()).toEqual([MOST_LINES + 1, MOST_LINES, 3, 2]);
    await registry.exportRecords({ limit: 10 }, act);
    expect(await numbers()).toEqual([MOST_LINES + 2, MOST_LINES + 1, MOST_LINES, 3]);
  });

  it("reads one old line to find that none is to go", async () => {
    const stub = objects.getByName(crypto.randomUUID());
    const read = await runInDurableObject(stub, (_, { storage }) => {
      const queries: Array<readonly [query: string, rows: number]> = [];
      const sql = {
        exec: (query: string, ...values: SqlStorageValue[]) => {
          const rows = storage.sql.exec(query, ...values).toArray();
          queries.push([query, rows.length]);
          return { toArray: () => rows, one: () => rows[0]! };
        },
      } as unknown as SqlStorage;
      const book = new RegistryBook(
        sqliteTables({ sql, transactionSync: (work) => storage.transactionSync(work) }),
      );
      for (let n = 0; n < 300; n++) book.create({ ...acme, id: `c${n}` }, act);
      queries.length = 0;
      book.create(acme, act);
      return queries.filter(([query]) => query.includes("FROM audit"));
    });
    expect(read.map(([, rows]) => rows)).toEqual([1]);
  });

  it("keeps no key itself, only its hash, and shows not even that", async () => {
    const registry = registryOf(crypto.randomUUID());
    await registry.create(acme, act);
    const outcome = await registry.addKey(
      "acme",
      { id: "k1", prefix: "shop", hash: "the-hash", scopes: [] },
      act,
    );
    const shown = [outcome, await registry.find("the-hash", act.at), await registry.consumer("acme")];
    expect(JSON.stringify(shown)).not.toContain("the-hash");
  });

  it("moves 10,000 consumers with a key each, in parts that hold 500 records or 2 MB", async () => {
    const [from, to] = [registryOf(crypto.randomUUID()), registryOf(crypto.randomUUID())];
    const records: RegistryRecord[] = Array.from({ length: 10_000 }, (_, n) => [
      { consumer: { ...acme, id: `c${n}`, createdAt: act.at, version: 1 } },
      {
        key: {
          id: `k${n}`,
          consumer: `c${n}`,
          prefix: "shop",
          hash: `h${n}`,
          scopes: [],
          createdAt: act.at,
        },
      },
    ]).flat();
    for (let at = 0; at < records.length; at += 500)
      await from.importRecords(records.slice(at, at + 500), "refuse", act);
    let moved = 0;
    for (let after: string | undefined; ; ) {
      const { items, next } = await from.exportRecords({ after, limit: 500 }, act);
      expect(await to.importRecords(items, "refuse", act)).toMatchObject({ repeated: false });
      moved += items.length;
      if (next === undefined) break;
      expect(items).toHaveLength(500);
      after = next;
    }
    expect(moved).toBe(20_000);
    for (const n of [0, 4_711, 9_999]) expect((await to.find(`h${n}`, act.at))?.consumer.id).toBe(`c${n}`);
  });

  it("gives out large consumers in parts that fit into a message", async () => {
    const registry = registryOf(crypto.randomUUID());
    const metadata = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`m${n}`, "\u0001".repeat(1_000)]),
    );
    const records = Array.from({ length: 20 }, (_, n) => ({
      consumer: { ...acme, metadata, id: `c${10 + n}`, createdAt: 0, version: 1 },
    }));
    await registry.importRecords(records, "refuse", act);
    const sizes: number[] = [];
    for (let after: string | undefined; ; ) {
      const { items, next } = await registry.exportRecords({ after, limit: 500 }, act);
      sizes.push(items.length);
      if (next === undefined) break;
      after = next;
    }
    expect(sizes).toEqual([7, 7, 6]);
    const first = await registry.consumers({ limit: 500 });
    expect([first.items.length, first.next]).toEqual([7, "c16"]);
  });

  it("reads as few rows to find a key among thousands as among ten", async () => {
    const stub = objects.getByName(crypto.randomUUID());
    const rowsRead = await runInDurableObject(stub, (_, { storage }) => {
      let cursor: SqlStorageCursor<Record<string, SqlStorageValue>> | undefined;
      const sql = {
        exec: (query: string, ...values: SqlStorageValue[]) => (cursor = storage.sql.exec(query, ...values)),
      } as SqlStorage;
      const tables = sqliteTables({ sql, transactionSync: (work) => work() });
      const counts: number[] = [];
      for (let n = 1; n <= 2_000; n++) {
        tables.putKey({
          id: `k${n}`,
          consumer: "acme",
          prefix: "shop",
          hash: `h${n}`,
          scopes: [],
          createdAt: 0,
        });
        if (n !== 10 && n !== 2_000) continue;
        expect(tables.liveKey(`h${n / 2}`, 1)?.id).toBe(`k${n / 2}`);
        counts.push(cursor!.rowsRead);
      }
      return counts;
    });
    expect(rowsRead[1]).toBe(rowsRead[0]);
    expect(rowsRead[1]).toBeLessThan(4);
  });

  it("reads as many rows for a key that was revoked as for one that never was", async () => {
    const stub = objects.getByName(crypto.randomUUID());
    const rowsRead = await runInDurableObject(stub, (_, { storage }) => {
      let cursor: SqlStorageCursor<Record<string, SqlStorageValue>> | undefined;
      const sql = {
        exec: (query: string, ...values: SqlStorageValue[]) => (cursor = storage.sql.exec(query, ...values)),
      } as SqlStorage;
      const tables = sqliteTables({ sql, transactionSync: (work) => work() });
      const key = { consumer: "acme", prefix: "shop", scopes: [], createdAt: 0 };
      for (let n = 1; n <= 200; n++) tables.putKey({ ...key, id: `k${n}`, hash: `h${n}`, revokedAt: 1 });
      return ["h100", "unknown"].map((hash) => {
        expect(tables.liveKey(hash, 1)).toBeUndefined();
        return cursor!.rowsRead;
      });
    });
    expect(rowsRead[0]).toBe(rowsRead[1]);
  });
});
