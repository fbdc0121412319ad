import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  createDurableObjectSessions,
  type SessionsNamespace,
} from "../../../src/stores/sessions/durable-object.ts";
import type { SessionsObject } from "../../../src/stores/sessions/sessions-object.ts";
import { sessionStoreContract } from "../../contract/session-store.ts";

const namespace = (exports as unknown as { SessionsObject: DurableObjectNamespace<SessionsObject> })
  .SessionsObject;

sessionStoreContract("the Durable Object", () =>
  createDurableObjectSessions(namespace as unknown as SessionsNamespace),
);

describe("an object of sessions", () => {
  const tables = (stub: DurableObjectStub<SessionsObject>) =>
    runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );

  it("that is only asked keeps nothing", async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    expect(await stub.generation("a")).toBeUndefined();
    expect(await stub.owner()).toBeUndefined();
    await stub.end({});
    await stub.giveUp("a");
    expect(await tables(stub)).toEqual([]);
  });

  it("deletes all it has once its sessions are over, and not before", async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    await stub.open({ id: "a", startedAt: 0, until: Date.now() + 60_000 });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await stub.generation("a")).toBe(0);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("UPDATE sessions SET until = 1");
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await tables(stub)).toEqual([]);
    await stub.open({ id: "b", startedAt: 0, until: Date.now() + 60_000 });
    expect(await stub.generation("b")).toBe(0);
  });
});
