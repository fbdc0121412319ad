import { describe, expect, it } from "vitest";
import { LINE_MS } from "../../../src/stores/consumers/audit-line.ts";
import type { ConsumerRegistry } from "../../../src/stores/consumers/consumer-registry.ts";
import type { RegistryRecord } from "../../../src/stores/consumers/registry-record.ts";

const NOW = 1_795_132_800_000;
const act = { actor: "ops", at: NOW };
const fields = { roles: [], metadata: {}, suspended: false };
const key = (id: string) => ({ id, prefix: "shop", hash: `hash of ${id}`, scopes: [] });

/** That every registry tells of each write whom it is about. @param make one that is empty */
export function newsContract(name: string, make: () => ConsumerRegistry): void {
  async function withTwo(): Promise<ConsumerRegistry> {
    const registry = make();
    for (const id of ["acme", "zen"]) {
      await registry.create({ id, ...fields }, act);
      await registry.addKey(id, key(`${id}-key`), act);
    }
    return registry;
  }
  const records = (more: object): RegistryRecord[] => [
    { consumer: { id: "acme", ...fields, createdAt: NOW, version: 1, ...more } },
  ];

  describe(`${name} tells what is new`, () => {
    it.each<[string, (registry: ConsumerRegistry) => Promise<unknown>]>([
      ["a change", (registry) => registry.change("acme", { suspended: true }, 1, act)],
      ["a removal", (registry) => registry.remove("acme", 1, act)],
      ["a new key", (registry) => registry.addKey("acme", key("k"), act)],
      ["a roll", (registry) => registry.rollKey("acme-key", { id: "k", hash: "h" }, 0, act)],
      ["a revocation", (registry) => registry.revokeKey("acme-key", act)],
      ["an import", (registry) => registry.importRecords(records({ plan: "gold" }), "replace", act)],
    ])("of %s, by its consumer", async (_, write) => {
      const registry = await withTwo();
      const { line } = await registry.news(undefined);
      expect(await registry.news(line)).toEqual({ line, consumers: [] });
      await write(registry);
      const news = await registry.news(line);
      expect(news).toEqual({ line: line + 1, consumers: ["acme"] });
      expect(await registry.news(news.line)).toEqual({ line: news.line, consumers: [] });
    });

    it("and names nobody for what is about nobody, and each once", async () => {
      const registry = await withTwo();
      const { line } = await registry.news(undefined);
      const token = { id: "t", name: "ci", hash: "h", scopes: [] };
      await registry.addToken(token, act);
      await registry.exportRecords({ limit: 10 }, act);
      expect((await registry.news(line)).consumers).toEqual([]);
      for (const id of ["k1", "k2", "k3"]) await registry.addKey("zen", key(id), act);
      expect((await registry.news(line)).consumers).toEqual(["zen"]);
    });

    it("and says so where it cannot: nothing is known, too much is new, lines are gone, or were another's", async () => {
      const registry = await withTwo();
      expect(await registry.news(undefined)).toEqual({ line: 4, consumers: undefined });
      expect((await registry.news(0)).consumers).toEqual(["acme", "zen"]);
      expect((await registry.news(9)).consumers).toBeUndefined();
      const many = Array.from({ length: 1_001 }, (_, n) => ({
        consumer: { id: `c${n}`, ...fields, createdAt: NOW, version: 1 },
      }));
      await registry.importRecords(many, "refuse", act);
      expect(await registry.news(4)).toEqual({ line: 1_005, consumers: undefined });
      expect((await registry.news(5)).consumers).toHaveLength(1_000);
      await registry.create({ id: "late", ...fields }, { actor: "ops", at: NOW + LINE_MS });
      expect((await registry.news(5)).consumers).toBeUndefined();
      expect((await make().news(undefined)).line).toBe(0);
    });
  });
}
