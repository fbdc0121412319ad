/// <reference types="@cloudflare/vitest-pool-workers/types" />
import { evictDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { MeterIndexObject } from "../../../src/stores/meters/meter-index-object.ts";
import { BELIEVED_MS, memoryIndexTables, OutboxIndex } from "../../../src/stores/meters/outbox-index.ts";
import { type CalledIndex, outboxIndexContract } from "../../contract/outbox-index.ts";

const objects = (exports as unknown as { MeterIndexObject: DurableObjectNamespace<MeterIndexObject> })
  .MeterIndexObject;
const owed = [{ upstream: "billing", path: "/events", dead: 1, waiting: 0, oldest: 5 }];

outboxIndexContract("memory", () => {
  const index = new OutboxIndex(memoryIndexTables());
  return {
    put: async (subject, report) => index.put(subject, report, 1_000),
    list: async (query) => index.list(query, 1_000),
  };
});

outboxIndexContract("the Durable Object", () => {
  const object = objects.getByName(crypto.randomUUID());
  const called: CalledIndex = {
    put: (subject, report) => object.put(subject, report),
    list: (query) => object.list(query),
  };
  return called;
});

describe("the index of outboxes", () => {
  it("does not believe for ever what nobody says again, and knows better once somebody does", () => {
    const index = new OutboxIndex(memoryIndexTables());
    index.put("a", { version: 1, undelivered: owed }, 0);
    expect(index.list({ limit: 9 }, BELIEVED_MS - 1).items).toHaveLength(1);
    expect(index.list({ limit: 9 }, BELIEVED_MS).items).toEqual([]);
    index.put("a", { version: 2, undelivered: owed }, BELIEVED_MS + 1);
    expect(index.list({ limit: 9 }, BELIEVED_MS + 2).items).toHaveLength(1);
  });

  it("is there again when its object has died", async () => {
    const object = objects.getByName(crypto.randomUUID());
    await object.put("a", { version: 1, undelivered: owed });
    await evictDurableObject(object);
    expect((await object.list({ limit: 9 })).items).toMatchObject([{ subject: "a", undelivered: owed }]);
  });
});
