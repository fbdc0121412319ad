import { describe, expect, it } from "vitest";
import type { PermitStore } from "../../src/stores/permits/permit-store.ts";

/** What every {@link PermitStore} does. @param make an implementation by the real clock */
export function permitStoreContract(name: string, make: () => PermitStore): void {
  const key = () => crypto.randomUUID();
  const ask = (holder: string, sequence: number, need: number, most = need, limit = 10) => ({
    holder,
    sequence,
    limit,
    need,
    most,
  });

  describe(`${name} keeps the contract of a permit store`, () => {
    it("grants what there is, and no more", async () => {
      const [store, on] = [make(), key()];
      expect((await store.settle(on, ask("a", 1, 4, 6))).granted).toBe(6);
      expect((await store.settle(on, ask("b", 1, 3))).granted).toBe(3);
      expect((await store.settle(on, ask("c", 1, 3))).granted).toBe(1);
      expect((await store.settle(on, ask("d", 1, 3))).granted).toBe(0);
    });

    it("has one who asks for less give the rest back", async () => {
      const [store, on] = [make(), key()];
      await store.settle(on, ask("a", 1, 10));
      await store.settle(on, ask("a", 2, 2));
      expect((await store.settle(on, ask("b", 1, 8))).granted).toBe(8);
      await store.settle(on, ask("a", 3, 0));
      expect((await store.settle(on, ask("b", 2, 10))).granted).toBe(10);
    });

    it("lets an ask that comes late change nothing", async () => {
      const [store, on] = [make(), key()];
      await store.settle(on, ask("a", 2, 0));
      expect((await store.settle(on, ask("a", 1, 10))).granted).toBe(0);
      expect((await store.settle(on, ask("b", 1, 10))).granted).toBe(10);
    });

    it("tells others that somebody is short, and leaves nobody more than it needs then", async () => {
      const [store, on] = [make(), key()];
      expect(await store.settle(on, ask("a", 1, 4, 10))).toMatchObject({ granted: 10, contended: false });
      const short = await store.settle(on, ask("b", 1, 2));
      expect(short.granted).toBe(0);
      expect(short.retryMs).toBeGreaterThan(0);
      expect(await store.settle(on, ask("a", 2, 4, 10))).toMatchObject({ granted: 4, contended: true });
      expect((await store.settle(on, ask("b", 2, 2))).granted).toBe(2);
    });

    it("lets one that does nothing keep some while most are free", async () => {
      const [store, on] = [make(), key()];
      expect((await store.settle(on, ask("a", 1, 1, 1, 320))).spare).toBe(10);
      expect((await store.settle(on, ask("b", 1, 300, 300, 320))).spare).toBe(0);
    });

    it("tells keys apart", async () => {
      const store = make();
      for (const each of [key(), key(), `${key()}/é "`]) {
        expect((await store.settle(each, ask("a", 1, 10))).granted).toBe(10);
      }
    });
  });
}
