import { describe, expect, it } from "vitest";
import type { NonceStore } from "../../src/stores/nonces/nonce-store.ts";

/** What every {@link NonceStore} does. @param make an implementation by the real clock */
export function nonceStoreContract(name: string, make: () => NonceStore): void {
  const later = () => Date.now() + 60_000;
  const passed = () => Date.now() - 1;
  const fresh = () => crypto.randomUUID();

  describe(`${name} keeps the contract of a nonce store`, () => {
    it("lets a key be used once", async () => {
      const store = make();
      const key = fresh();
      expect(await store.use(key, later())).toBe(true);
      expect(await store.use(key, later())).toBe(false);
      expect(await store.use(key, later())).toBe(false);
    });

    it("lets one of many that use a key at once have it", async () => {
      const store = make();
      const key = fresh();
      const answers = await Promise.all(Array.from({ length: 20 }, () => store.use(key, later())));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it("lets a key be used again once its time has passed", async () => {
      const store = make();
      const key = fresh();
      expect(await store.use(key, passed())).toBe(true);
      expect(await store.use(key, later())).toBe(true);
      expect(await store.use(key, passed())).toBe(false);
      expect(await store.use(key, passed())).toBe(false);
    });

    it("tells keys apart, whatever they are", async () => {
      const store = make();
      const key = fresh();
      const keys = ["", " ", "é", "e\u0301", "'; DROP TABLE nonces", "\u0000", "k".repeat(100_000)];
      for (const more of keys) expect([more, await store.use(key + more, later())]).toEqual([more, true]);
      for (const more of keys) expect([more, await store.use(key + more, later())]).toEqual([more, false]);
    });
  });
}
