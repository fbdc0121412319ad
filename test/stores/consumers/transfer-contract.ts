import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  Act,
  ConsumerRegistry,
  ImportOutcome,
} from "../../../src/stores/consumers/consumer-registry.ts";
import type { OnConflict, RegistryRecord } from "../../../src/stores/consumers/registry-record.ts";

const NOW = 1_795_132_800_000;
const MINUTE = 60_000;
const ada: Act = { actor: "ada", at: NOW };
type KeyRecord = Extract<RegistryRecord, { key: object }>["key"];
type ConsumerRecord = Extract<RegistryRecord, { consumer: object }>["consumer"];

const consumer = (id: string, more: Partial<ConsumerRecord> = {}): RegistryRecord => ({
  consumer: { id, roles: [], metadata: {}, suspended: false, createdAt: NOW - 5, version: 3, ...more },
});
const key = (id: string, of: string, more: Partial<KeyRecord> = {}): RegistryRecord => ({
  key: { id, consumer: of, prefix: "shop", hash: `hash of ${id}`, scopes: [], createdAt: NOW - 4, ...more },
});
const outcomes = (outcome: ImportOutcome) => ("value" in outcome ? outcome.value : outcome);
const conflicts = (outcome: ImportOutcome) =>
  "conflicts" in outcome ? outcome.conflicts.map(({ record, field }) => [record, field]) : outcome;

/** All that is exported, part by part. */
async function exported(registry: ConsumerRegistry, limit = 100): Promise<RegistryRecord[]> {
  const found: RegistryRecord[] = [];
  for (let after: string | undefined; ; ) {
    const { items, next } = await registry.exportRecords({ after, limit }, ada);
    expect(items.length).toBeLessThanOrEqual(limit);
    found.push(...items);
    if (next === undefined) return found;
    after = next;
  }
}

/** What every registry does on its way from one gateway to another. @param make one that is empty */
export function transferContract(name: string, make: () => ConsumerRegistry): void {
  const take = (registry: ConsumerRegistry, records: RegistryRecord[], mode: OnConflict = "refuse") =>
    registry.importRecords(records, mode, ada);
  const actions = async (registry: ConsumerRegistry) =>
    (await registry.audit({ limit: 100 })).items
      .map(({ action, consumer, key, detail }) => [action, key ?? consumer, detail.as])
      .reverse();

  describe(`${name} moves`, () => {
    const all = [
      consumer("acme", { name: "Acme", plan: "gold", roles: ["a"], metadata: { org: "x", seats: 3 } }),
      key("k1", "acme", {
        label: "till",
        scopes: ["read"],
        routes: ["GET /a"],
        addresses: ["192.0.2.0/24"],
        origins: ["https://shop.example"],
        expiresAt: NOW + MINUTE,
        lastUsedAt: NOW - 1,
      }),
      key("k2", "acme", { revokedAt: NOW - 2, replacedBy: "k3" }),
      key("k3", "acme"),
      consumer("beta", { suspended: true }),
      consumer("gamma"),
      key("k0", "gamma"),
    ];

    it.each([1, 2, 3, 7, 100])("all there is, %i records at a time", async (limit) => {
      const registry = make();
      expect(await exported(registry, limit)).toEqual([]);
      await take(registry, all);
      expect(await exported(registry, limit)).toEqual(all);
    });

    it("a consumer with more keys than are read at a time", async () => {
      const registry = make();
      const keys = Array.from({ length: 120 }, (_, n) => key(`k${n}`, "acme"));
      const many = [consumer("acme"), ...keys, consumer("zeta"), key("last", "zeta")];
      await take(registry, many);
      for (const limit of [33, 50, 51, 500]) expect(await exported(registry, limit)).toEqual(many);
    });

    it("what another gateway then finds holders with", async () => {
      const [from, to] = [make(), make()];
      await from.create({ id: "acme", roles: ["r"], metadata: {}, suspended: false, plan: "gold" }, ada);
      await from.addKey("acme", { id: "k1", prefix: "shop", hash: "h1", scopes: ["a"] }, ada);
      await from.addKey("acme", { id: "k2", prefix: "shop", hash: "h2", scopes: [] }, ada);
      await from.revokeKey("k2", ada);
      await take(to, await exported(from));
      expect(await to.find("h1", NOW)).toEqual(await from.find("h1", NOW));
      expect(await to.find("h1", NOW)).toMatchObject({ key: { scopes: ["a"] }, consumer: { plan: "gold" } });
      expect(await to.find("h2", NOW)).toBeUndefined();
      expect(await exported(to)).toEqual(await exported(from));
    });

    it("nothing twice: what is there stays as it is, and is no line", async () => {
      const registry = make();
      expect(outcomes(await take(registry, all))).toEqual(all.map(() => "created"));
      const before = [await registry.consumer("acme"), await actions(registry)];
      for (const mode of ["refuse", "replace"] as const)
        expect(outcomes(await take(registry, all, mode))).toEqual(all.map(() => "unchanged"));
      // In whichever order the members of metadata come, and whenever a key was used.
      const again = [
        consumer("acme", { ...(all[0] as { consumer: ConsumerRecord }).consumer, version: 9, createdAt: 1 }),
        key("k0", "gamma", { lastUsedAt: NOW }),
      ];
      expect(outcomes(await take(registry, again))).toEqual(["unchanged", "unchanged"]);
      expect([await registry.consumer("acme"), await actions(registry)]).toEqual(before);
    });

    it("with a line for each record that was taken in, and for each part given out", async () => {
      const registry = make();
      await take(registry, [consumer("acme", { metadata: { note: "secret text" } }), key("k1", "acme")]);
      await take(registry, [consumer("acme", { plan: "gold" })], "replace");
      await exported(registry, 1);
      expect(await actions(registry)).toEqual([
        ["consumer.import", "acme", "created"],
        ["key.import", "k1", "created"],
        ["consumer.import", "acme", "replaced"],
        ["registry.export", undefined, undefined],
        ["registry.export", undefined, undefined],
      ]);
      const { items } = await registry.audit({ limit: 100 });
      expect(items.map(({ detail }) => detail).reverse()).toMatchObject([
        { metadata: ["note"] },
        { prefix: "shop" },
        { plan: "gold" },
        { records: 1 },
        { records: 1, after: "acme/0" },
      ]);
      expect(JSON.stringify(items)).not.toMatch(/hash of|secret text/);
    });

    it("nothing over what differs, unless told to replace", async () => {
      const registry = make();
      await take(registry, [consumer("acme", { plan: "free" }), key("k1", "acme")]);
      const changes = [consumer("acme", { plan: "gold" }), key("k1", "acme", { scopes: ["admin"] })];
      expect(conflicts(await take(registry, [...changes, consumer("new")]))).toEqual([
        [0, "consumer"],
        [1, "key"],
      ]);
      expect(await registry.consumer("new")).toBeUndefined();
      expect((await registry.find("hash of k1", NOW))?.key.scopes).toEqual([]);
      expect(outcomes(await take(registry, changes, "replace"))).toEqual(["replaced", "replaced"]);
      expect(await registry.find("hash of k1", NOW)).toMatchObject({
        key: { scopes: ["admin"] },
        // An admin who has seen the one before would change this one unseen.
        consumer: { plan: "gold", version: 4, createdAt: NOW - 5 },
      });
    });

    it.each(["refuse", "replace"] as const)(
      "no key to another holder, nor under another text: %s",
      async (mode) => {
        const registry = make();
        await take(registry, [consumer("acme"), key("k1", "acme"), key("gone", "acme", { revokedAt: NOW })]);
        const before = await exported(registry);
        const wrong = [
          consumer("thief"),
          key("k2", "thief", { hash: "hash of k1" }),
          key("k1", "thief"),
          key("k1", "acme", { hash: "hash of another" }),
          key("k3", "acme", { hash: "hash of k1" }),
          key("k4", "thief", { hash: "hash of gone" }),
          key("k5", "nobody"),
          key("k6", "thief"),
          key("k7", "thief", { hash: "hash of k6" }),
        ];
        expect(conflicts(await take(registry, wrong, mode))).toEqual([
          [1, "key.hash"],
          [2, "key.id"],
          [3, "key.hash"],
          [4, "key.hash"],
          [5, "key.hash"],
          [6, "key.consumer"],
          [8, "key.hash"],
        ]);
        expect(await exported(registry)).toEqual(before);
      },
    );

    it("no key back to life: of two ends the first one counts", async () => {
      const registry = make();
      const early = [consumer("acme"), key("k1", "acme"), key("k2", "acme", { expiresAt: NOW + 9 * MINUTE })];
      await take(registry, early);
      await registry.revokeKey("k1", ada);
      await registry.rollKey("k2", { id: "k3", hash: "hash of k3" }, MINUTE, ada);
      for (const mode of ["refuse", "replace"] as const)
        expect(outcomes(await take(registry, early, mode))).toEqual(early.map(() => "unchanged"));
      const renamed = early.map((record) =>
        "key" in record ? { key: { ...record.key, label: "new" } } : record,
      );
      expect(outcomes(await take(registry, renamed, "replace"))).toEqual([
        "unchanged",
        "replaced",
        "replaced",
      ]);
      expect((await registry.consumer("acme"))?.keys).toMatchObject([
        { id: "k1", label: "new", revokedAt: NOW },
        { id: "k2", label: "new", replacedBy: "k3", expiresAt: NOW + MINUTE },
        { id: "k3" },
      ]);
      // An end that only the record knows of is one too.
      const ended = [key("k3", "acme", { revokedAt: NOW - 1 })];
      expect(conflicts(await take(registry, ended))).toEqual([[0, "key"]]);
      expect(outcomes(await take(registry, ended, "replace"))).toEqual(["replaced"]);
      expect(await registry.find("hash of k3", NOW)).toBeUndefined();
    });

    it("once under one Idempotency-Key", async () => {
      const registry = make();
      const once = { ...ada, once: { key: "one", fingerprint: "same" } };
      const first = await registry.importRecords([consumer("acme")], "refuse", once);
      expect(await registry.importRecords([consumer("acme")], "refuse", once)).toEqual({
        ...first,
        repeated: true,
      });
      const other = { ...once, once: { key: "one", fingerprint: "other" } };
      expect(await registry.importRecords([consumer("b")], "refuse", other)).toEqual({ fault: "reused" });
    });

    it("to the same end however it is cut and however often it is interrupted", async () => {
      const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 7 });
      await fc.assert(
        fc.asyncProperty(cuts, fc.nat(6), async (sizes, interrupted) => {
          const registry = make();
          await take(registry, all.slice(0, interrupted));
          const rest = [...all];
          for (let n = 0; rest.length > 0; n++)
            expect(outcomes(await take(registry, rest.splice(0, sizes[n % sizes.length])))).toBeInstanceOf(
              Array,
            );
          expect(await exported(registry, sizes[0])).toEqual(all);
        }),
        { numRuns: 20 },
      );
    });
  });
}
