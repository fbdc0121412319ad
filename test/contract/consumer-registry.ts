import { describe, expect, it } from "vitest";
import type { NewConsumer, NewKey } from "../../src/stores/consumers/consumer.ts";
import {
  type Act,
  type ConsumerRegistry,
  ONCE_MS,
  type Outcome,
  type PageQuery,
  USE_MS,
} from "../../src/stores/consumers/consumer-registry.ts";

const NOW = 1_795_132_800_000;
const MINUTE = 60_000;
const act = (more: Partial<Act> = {}): Act => ({ actor: "ops", at: NOW, ...more });
const once = (key: string, fingerprint = "same") => act({ once: { key, fingerprint } });
const consumer = (id: string, more: Partial<NewConsumer> = {}): NewConsumer => ({
  id,
  roles: [],
  metadata: {},
  suspended: false,
  ...more,
});
const key = (id: string, more: Partial<NewKey> = {}): NewKey => ({
  id,
  prefix: "shop",
  hash: `hash of ${id}`,
  scopes: [],
  ...more,
});

function done<T>(outcome: Outcome<T>): T {
  if ("fault" in outcome) throw new Error(`not done: ${outcome.fault}`);
  return outcome.value;
}
const fault = (outcome: Outcome<unknown>) => ("fault" in outcome ? outcome.fault : undefined);

/** Every part of a list, in turn. */
async function pages<T>(
  ask: (query: PageQuery) => Promise<{ items: readonly T[]; next?: string }>,
  limit: number,
): Promise<T[][]> {
  const found: T[][] = [];
  let after: string | undefined;
  do {
    const { items, next } = await ask({ after, limit });
    found.push([...items]);
    after = next;
  } while (after !== undefined);
  return found;
}

/** What every {@link ConsumerRegistry} does. @param make an implementation, empty; called once per test. */
export function consumerRegistryContract(name: string, make: () => ConsumerRegistry): void {
  const holder = async (registry: ConsumerRegistry, id: string, at = NOW) =>
    (await registry.find(`hash of ${id}`, at))?.consumer.id;
  const lines = async (registry: ConsumerRegistry) => (await registry.audit({ limit: 100 })).items;
  /** With one consumer and one key of it. */
  async function withKey(more: Partial<NewKey> = {}): Promise<ConsumerRegistry> {
    const registry = make();
    await registry.create(consumer("acme"), act());
    await registry.addKey("acme", key("k1", more), act());
    return registry;
  }

  describe(`${name} keeps the contract of a consumer registry`, () => {
    it("knows nobody at first", async () => {
      const registry = make();
      expect(await registry.find("hash", NOW)).toBeUndefined();
      expect(await registry.consumer("acme")).toBeUndefined();
      expect(await registry.consumers({ limit: 10 })).toEqual({ items: [] });
      expect(await registry.audit({ limit: 10 })).toEqual({ items: [] });
    });

    it("gives back what it was given, and finds a holder by the key's hash", async () => {
      const registry = make();
      const acme = consumer("acme", {
        name: 'Acme "Ltd"; DROP TABLE consumers',
        plan: "gold",
        roles: ["partner"],
        metadata: { org: "a1", seats: 3, vip: true },
      });
      const created = done(await registry.create(acme, act()));
      expect(created).toEqual({ ...acme, createdAt: NOW, version: 1 });
      const grant = {
        label: "till 4",
        expiresAt: NOW + MINUTE,
        scopes: ["shop:read"],
        routes: ["GET /a"],
        addresses: ["192.0.2.0/24"],
        origins: ["https://shop.example"],
      };
      const made = done(await registry.addKey("acme", key("k1", grant), act()));
      expect(made).toEqual({ id: "k1", prefix: "shop", consumer: "acme", createdAt: NOW, ...grant });
      expect(await registry.find("hash of k1", NOW)).toEqual({ key: made, consumer: created });
      expect(await registry.consumer("acme")).toEqual({ consumer: created, keys: [made] });
    });

    it("finds no key that is unknown, has expired, is revoked or whose consumer is gone", async () => {
      const registry = await withKey({ expiresAt: NOW + MINUTE });
      await registry.addKey("acme", key("k2"), act());
      expect(await holder(registry, "k0")).toBeUndefined();
      expect(await holder(registry, "k1", NOW + MINUTE - 1)).toBe("acme");
      expect(await holder(registry, "k1", NOW + MINUTE)).toBeUndefined();
      expect(done(await registry.revokeKey("k2", act({ at: NOW + 5 }))).revokedAt).toBe(NOW + 5);
      expect(await holder(registry, "k2")).toBeUndefined();
      await registry.addKey("acme", key("k3"), act());
      await registry.remove("acme", 1, act());
      expect(await holder(registry, "k3")).toBeUndefined();
      expect(await registry.consumer("acme")).toBeUndefined();
      // Not even under a new consumer of the same name.
      await registry.create(consumer("acme"), act());
      expect(await holder(registry, "k3")).toBeUndefined();
    });

    it("says of a suspended consumer that it is, and takes it back", async () => {
      const registry = await withKey();
      const suspended = async () => (await registry.find("hash of k1", NOW))?.consumer.suspended;
      await registry.change("acme", { suspended: true }, 1, act());
      expect(await suspended()).toBe(true);
      await registry.change("acme", { suspended: false }, 2, act());
      expect(await suspended()).toBe(false);
    });

    it("changes what is named and nothing else, and null takes away", async () => {
      const registry = make();
      const acme = consumer("acme", { name: "Acme", plan: "free", roles: ["a"], metadata: { org: "x" } });
      await registry.create(acme, act());
      const gold = done(await registry.change("acme", { plan: "gold", name: null }, 1, act()));
      const { name: _, ...kept } = acme;
      expect(gold).toEqual({ ...kept, plan: "gold", createdAt: NOW, version: 2 });
      expect((await registry.consumer("acme"))?.consumer).toEqual(gold);
    });

    it("loses no update of two admins at once", async () => {
      const registry = make();
      await registry.create(consumer("acme"), act());
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, n) => registry.change("acme", { plan: `p${n}` }, 1, act())),
      );
      expect(outcomes.map(fault).filter((each) => each === "stale")).toHaveLength(9);
      expect((await registry.consumer("acme"))?.consumer.version).toBe(2);
      expect(fault(await registry.remove("acme", 1, act()))).toBe("stale");
      expect(await lines(registry)).toHaveLength(2);
    });

    it("says why a write was not done, and leaves no trace of it", async () => {
      const registry = await withKey();
      const before = await lines(registry);
      expect(fault(await registry.create(consumer("acme", { plan: "x" }), act()))).toBe("exists");
      expect(fault(await registry.change("nobody", { plan: "x" }, 1, act()))).toBe("unknown");
      expect(fault(await registry.remove("nobody", 1, act()))).toBe("unknown");
      expect(fault(await registry.addKey("nobody", key("k9"), act()))).toBe("unknown");
      expect(fault(await registry.revokeKey("k9", act()))).toBe("unknown");
      expect(fault(await registry.rollKey("k9", key("k10"), 0, act()))).toBe("unknown");
      expect(await lines(registry)).toEqual(before);
      expect(await holder(registry, "k9")).toBeUndefined();
      expect((await registry.consumer("acme"))?.consumer.plan).toBeUndefined();
    });

    it("rolls a key: both hold for the overlap, then the new one alone, which grants the same", async () => {
      const grant = { scopes: ["a"], routes: ["GET /a"], label: "till" };
      const registry = await withKey(grant);
      await registry.noteUse("k1", NOW);
      const next = done(await registry.rollKey("k1", key("k2"), MINUTE, act({ at: NOW + 10 })));
      expect(next).toEqual({ id: "k2", prefix: "shop", consumer: "acme", createdAt: NOW + 10, ...grant });
      for (const [at, holds] of [
        [NOW + 10, ["acme", "acme"]],
        [NOW + MINUTE + 9, ["acme", "acme"]],
        [NOW + MINUTE + 10, [undefined, "acme"]],
      ] as const) {
        expect([await holder(registry, "k1", at), await holder(registry, "k2", at)]).toEqual(holds);
      }
      const [old] = (await registry.consumer("acme"))?.keys ?? [];
      expect(old).toMatchObject({ id: "k1", replacedBy: "k2", expiresAt: NOW + MINUTE + 10 });
    });

    it("rolls a key once, and none that has ended", async () => {
      const registry = await withKey({ expiresAt: NOW + 2 * MINUTE });
      const roll = (id: string, next: string, at: number) =>
        registry.rollKey(id, key(next), 10 * MINUTE, act({ at }));
      // No longer than it would have held, and the new one for as long as the old one was to.
      expect(done(await roll("k1", "k2", NOW + MINUTE)).expiresAt).toBe(NOW + 3 * MINUTE);
      expect((await registry.consumer("acme"))?.keys[0]?.expiresAt).toBe(NOW + 2 * MINUTE);
      expect(fault(await roll("k1", "k3", NOW + MINUTE))).toBe("ended");
      expect(fault(await roll("k2", "k3", NOW + 3 * MINUTE))).toBe("ended");
      await registry.addKey("acme", key("k4"), act());
      await registry.revokeKey("k4", act());
      expect(fault(await roll("k4", "k5", NOW))).toBe("ended");
    });

    it("revokes once: again changes nothing", async () => {
      const registry = await withKey();
      await registry.revokeKey("k1", act({ at: NOW + 1 }));
      expect(done(await registry.revokeKey("k1", act({ at: NOW + 2 }))).revokedAt).toBe(NOW + 1);
      expect((await lines(registry)).filter(({ action }) => action === "key.revoke")).toHaveLength(1);
    });

    it("does what is asked for again under the same key once, for a day", async () => {
      const registry = make();
      const create = (id: string, given: Act) => registry.create(consumer(id), given);
      expect(await create("a", once("one"))).toMatchObject({ repeated: false, value: { id: "a" } });
      expect(await create("b", once("one"))).toMatchObject({ repeated: true, value: { id: "a" } });
      expect(fault(await create("c", once("one", "other")))).toBe("reused");
      // Another admin's keys are another's, and after a day it is forgotten.
      expect(await create("d", { ...once("one"), actor: "other" })).toMatchObject({ repeated: false });
      expect(await create("e", { ...once("one"), at: NOW + ONCE_MS + 1 })).toMatchObject({
        repeated: false,
      });
      // What was not done may be tried again.
      expect(fault(await create("a", once("two")))).toBe("exists");
      expect(await create("f", once("two"))).toMatchObject({ repeated: false });
      const [all = []] = await pages((query) => registry.consumers(query), 10);
      expect(all.map(({ id }) => id)).toEqual(["a", "d", "e", "f"]);
    });

    it("keeps the latest use of a key, to the minute", async () => {
      const registry = await withKey();
      const used = async () => (await registry.consumer("acme"))?.keys[0]?.lastUsedAt;
      expect(await used()).toBeUndefined();
      for (const [at, kept] of [
        [NOW, NOW],
        [NOW + USE_MS - 1, NOW],
        [NOW + USE_MS, NOW + USE_MS],
        [NOW, NOW + USE_MS],
      ] as const) {
        await registry.noteUse("k1", at);
        expect(await used()).toBe(kept);
      }
      await registry.noteUse("nobody's", NOW);
      // Use is no admin's doing.
      expect((await lines(registry)).map(({ action }) => action)).toEqual(["key.create", "consumer.create"]);
      expect((await registry.consumer("acme"))?.consumer.version).toBe(1);
    });

    it("lists consumers part by part, by id, also while others come and go", async () => {
      const registry = make();
      const ids = ["a", "b", "c", "d", "e"];
      for (const id of ids.toReversed()) await registry.create(consumer(id), act());
      const idsOf = async (limit: number) =>
        (await pages((query) => registry.consumers(query), limit)).map((part) => part.map(({ id }) => id));
      expect(await idsOf(2)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
      expect(await idsOf(5)).toEqual([ids]);
      const { next } = await registry.consumers({ limit: 2 });
      await registry.remove("b", 1, act());
      await registry.create(consumer("aa"), act());
      expect((await registry.consumers({ after: next, limit: 2 })).items.map(({ id }) => id)).toEqual([
        "c",
        "d",
      ]);
    });

    it("keeps admin tokens by their hash, until they expire or are revoked", async () => {
      const registry = make();
      const token = { id: "t1", name: "ci", hash: "hash of t1", scopes: ["consumers:read"] as const };
      const made = done(await registry.addToken({ ...token, expiresAt: NOW + MINUTE }, act()));
      const { hash: _, ...shown } = token;
      expect(made).toEqual({ ...shown, createdAt: NOW, expiresAt: NOW + MINUTE });
      expect(await registry.findToken("hash of t1", NOW)).toEqual(made);
      expect(await registry.findToken("hash of t1", NOW + MINUTE)).toBeUndefined();
      expect(await registry.findToken("hash of t2", NOW)).toBeUndefined();
      expect(fault(await registry.addToken({ ...token, id: "t2", hash: "h2" }, act()))).toBe("exists");
      expect(done(await registry.revokeToken("t1", act())).revokedAt).toBe(NOW);
      expect(done(await registry.revokeToken("t1", act({ at: NOW + 1 }))).revokedAt).toBe(NOW);
      expect(await registry.findToken("hash of t1", NOW)).toBeUndefined();
      expect(fault(await registry.revokeToken("t9", act()))).toBe("unknown");
      // The name is free again.
      done(await registry.addToken({ ...token, id: "t2", hash: "h2" }, act()));
      expect((await registry.tokens()).map(({ id }) => id)).toEqual(["t1", "t2"]);
      const written = await lines(registry);
      expect(written.map(({ action, token }) => [action, token])).toEqual([
        ["token.create", "t2"],
        ["token.revoke", "t1"],
        ["token.create", "t1"],
      ]);
      expect(JSON.stringify([written, await registry.tokens()])).not.toContain("hash of");
    });

    it("writes a line of whatever was done: who, when, what, and no secrets", async () => {
      const registry = make();
      const ada = act({ actor: "ada", at: NOW + 1 });
      await registry.create(consumer("acme", { metadata: { contract: "secret text" } }), act());
      await registry.addKey("acme", key("k1", { scopes: ["a"] }), ada);
      await registry.change("acme", { plan: "gold", metadata: { note: "secret text" } }, 1, ada);
      await registry.rollKey("k1", key("k2"), MINUTE, ada);
      await registry.revokeKey("k2", ada);
      await registry.create(consumer("other"), act());
      await registry.remove("acme", 2, ada);
      const written = await lines(registry);
      expect(written.map(({ action, actor, key, at }) => [action, actor, key, at])).toEqual([
        ["consumer.remove", "ada", undefined, NOW + 1],
        ["consumer.create", "ops", undefined, NOW],
        ["key.revoke", "ada", "k2", NOW + 1],
        ["key.roll", "ada", "k1", NOW + 1],
        ["consumer.change", "ada", undefined, NOW + 1],
        ["key.create", "ada", "k1", NOW + 1],
        ["consumer.create", "ops", undefined, NOW],
      ]);
      expect(written[4]?.detail).toEqual({ plan: "gold", metadata: ["note"] });
      expect(written[3]?.detail).toEqual({ replacedBy: "k2", expiresAt: NOW + 1 + MINUTE });
      expect(JSON.stringify(written)).not.toMatch(/hash|secret text/);
      const own = await pages((query) => registry.audit(query, "acme"), 4);
      expect(own.map((part) => part.length)).toEqual([4, 2]);
      expect(own.flat()).toEqual(written.filter(({ consumer }) => consumer === "acme"));
    });
  });
}
