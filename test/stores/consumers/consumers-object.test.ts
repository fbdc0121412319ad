/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { ConsumersObject } from "../../../src/stores/consumers/consumers-object.ts";
import {
  type ConsumersNamespace,
  createDurableObjectConsumers,
} from "../../../src/stores/consumers/durable-object.ts";
import { sqliteTables } from "../../../src/stores/consumers/sqlite-tables.ts";
import { consumerRegistryContract } from "../../contract/consumer-registry.ts";

const objects = (exports as unknown as { ConsumersObject: DurableObjectNamespace<ConsumersObject> })
  .ConsumersObject;

/** A registry of its own for each test: the gateway's one name would bring them all together. */
function registryOf(name: string) {
  return createDurableObjectConsumers({
    getByName: () => objects.getByName(name) as unknown as ReturnType<ConsumersNamespace["getByName"]>,
  });
}

consumerRegistryContract("the Durable Object", () => registryOf(crypto.randomUUID()));

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
});
