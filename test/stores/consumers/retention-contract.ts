import { describe, expect, it } from "vitest";
import { LINE_MS } from "../../../src/stores/consumers/audit-line.ts";
import { type ConsumerRegistry, ONCE_MS } from "../../../src/stores/consumers/consumer-registry.ts";
import type { RegistryRecord } from "../../../src/stores/consumers/registry-record.ts";

const NOW = 1_795_132_800_000;
const DAY = 86_400_000;

/** For how long every registry keeps what it writes beside the consumers. @param make one that is empty */
export function retentionContract(name: string, make: () => ConsumerRegistry): void {
  const create = (registry: ConsumerRegistry, id: string, at: number) =>
    registry.create({ id, roles: [], metadata: {}, suspended: false }, { actor: "ops", at });
  const consumers = async (registry: ConsumerRegistry) =>
    (await registry.audit({ limit: 500 })).items.map(({ consumer }) => consumer).reverse();

  describe(`${name} keeps`, () => {
    it("audit lines for 400 days: the older ones go with the next write, and numbers go on", async () => {
      const registry = make();
      await create(registry, "a", NOW);
      await create(registry, "b", NOW + DAY);
      await create(registry, "c", NOW + LINE_MS - 1);
      expect(await consumers(registry)).toEqual(["a", "b", "c"]);
      await create(registry, "d", NOW + LINE_MS);
      expect(await consumers(registry)).toEqual(["b", "c", "d"]);
      await create(registry, "e", NOW + 3 * LINE_MS);
      expect(await consumers(registry)).toEqual(["e"]);
      await create(registry, "f", NOW + 3 * LINE_MS);
      expect((await registry.audit({ limit: 10 })).items.map(({ number }) => number)).toEqual([6, 5]);
      expect(await registry.consumer("a")).toBeDefined();
    });

    it("no line that may go for more than a few writes, and drops a hundred at most beside as many as it writes", async () => {
      const registry = make();
      const records: RegistryRecord[] = Array.from({ length: 350 }, (_, n) => ({
        consumer: {
          id: `c${n}`,
          roles: [],
          metadata: {},
          suspended: false,
          createdAt: NOW,
          version: 1,
        },
      }));
      await registry.importRecords(records, "refuse", { actor: "ops", at: NOW });
      const counts: number[] = [];
      for (let n = 0; n < 5; n++) {
        await create(registry, `new-${n}`, NOW + LINE_MS + n);
        counts.push((await consumers(registry)).length);
      }
      expect(counts).toEqual([250, 150, 50, 4, 5]);
    });

    it("what came of a write with an Idempotency-Key for a day", async () => {
      const registry = make();
      const once = (at: number) => ({ actor: "ops", at, once: { key: "k", fingerprint: "f" } });
      const again = async (at: number) => {
        const outcome = await registry.create(
          { id: `c${at}`, roles: [], metadata: {}, suspended: false },
          once(at),
        );
        return "value" in outcome && outcome.repeated;
      };
      expect([await again(NOW), await again(NOW + ONCE_MS), await again(NOW + ONCE_MS + 1)]).toEqual([
        false,
        true,
        false,
      ]);
    });
  });
}
