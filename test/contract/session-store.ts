import { describe, expect, it } from "vitest";
import type { SessionStore } from "../../src/stores/sessions/session-store.ts";

/** What every {@link SessionStore} does. @param make an implementation by the real clock */
export function sessionStoreContract(name: string, make: () => SessionStore): void {
  const fresh = () => crypto.randomUUID();
  const until = () => Date.now() + 60_000;
  /** A store with a session of somebody. */
  async function withSession(more: { sid?: string; startedAt?: number; until?: number } = {}) {
    const [store, owner, id] = [make(), fresh(), fresh()];
    await store.open(owner, { id, startedAt: Date.now(), until: until(), ...more });
    return { store, owner, id };
  }

  describe(`${name} keeps the contract of a session store`, () => {
    it("knows a session from its beginning to its end, and no other", async () => {
      const { store, owner, id } = await withSession();
      expect(await store.generation(owner, id)).toBe(0);
      expect(await store.generation(owner, fresh())).toBeUndefined();
      expect(await store.generation(fresh(), id)).toBeUndefined();
      await store.end(owner, { id });
      expect(await store.generation(owner, id)).toBeUndefined();
      expect(await store.claimRefresh(owner, id, 0, true)).toEqual({ kind: "ended" });
      expect(await store.renew(owner, id, 1, "sealed")).toBe(false);
    });

    it("knows no session whose time is over", async () => {
      const { store, owner, id } = await withSession({ until: Date.now() - 1 });
      expect(await store.generation(owner, id)).toBeUndefined();
      expect(await store.claimRefresh(owner, id, 0, false)).toEqual({ kind: "ended" });
    });

    it("lets one of many refresh, and gives the others what came of it", async () => {
      const { store, owner, id } = await withSession();
      const claims = Array.from({ length: 8 }, () => store.claimRefresh(owner, id, 0, true));
      expect(await Promise.race(claims)).toEqual({ kind: "yours" });
      expect(await store.claimRefresh(owner, id, 0, false)).toEqual({ kind: "busy" });
      expect(await store.renew(owner, id, 1, "sealed")).toBe(true);
      const all = await Promise.all(claims);
      expect(all.filter(({ kind }) => kind === "yours")).toHaveLength(1);
      expect(all.filter(({ kind }) => kind === "done")).toEqual(
        Array.from({ length: 7 }, () => ({ kind: "done", sealed: "sealed" })),
      );
      expect(await store.generation(owner, id)).toBe(1);
      expect(await store.claimRefresh(owner, id, 0, false)).toEqual({ kind: "done", sealed: "sealed" });
      expect(await store.claimRefresh(owner, id, 1, false)).toEqual({ kind: "yours" });
    });

    it("tells those who wait that the refresh has failed, and lets nobody try again at once", async () => {
      const { store, owner, id } = await withSession();
      expect(await store.claimRefresh(owner, id, 0, false)).toEqual({ kind: "yours" });
      const waiting = store.claimRefresh(owner, id, 0, true);
      await store.giveUp(owner, id);
      expect(await waiting).toEqual({ kind: "failed" });
      expect(await store.claimRefresh(owner, id, 0, false)).toEqual({ kind: "failed" });
      expect(await store.generation(owner, id)).toBe(0);
    });

    it("tells those who wait that the session has ended", async () => {
      const { store, owner, id } = await withSession();
      await store.claimRefresh(owner, id, 0, false);
      const waiting = store.claimRefresh(owner, id, 0, true);
      await store.end(owner, { id });
      expect(await waiting).toEqual({ kind: "ended" });
    });

    it("ends one session, those of a provider's session, all of an owner, or those before a time", async () => {
      const [store, owner] = [make(), fresh()];
      const [one, two, sid] = [fresh(), fresh(), fresh()];
      const ids = ["a", "b", "c", "d"];
      const open = async () => {
        const start = { startedAt: 1_000, until: until() };
        await store.open(owner, { id: "a", sid: one, ...start });
        await store.open(owner, { id: "b", sid: one, ...start });
        await store.open(owner, { id: "c", sid: two, ...start });
        await store.open(owner, { id: "d", ...start, startedAt: 2_000 });
      };
      const living = async () => {
        const generations = await Promise.all(ids.map((id) => store.generation(owner, id)));
        return ids.filter((_, index) => generations[index] !== undefined).join("");
      };
      await open();
      expect(await living()).toBe("abcd");
      await store.end(owner, { sid });
      expect(await living()).toBe("abcd");
      await store.end(owner, { sid: one });
      expect(await living()).toBe("cd");
      await open();
      await store.end(owner, { before: 2_000 });
      expect(await living()).toBe("d");
      await open();
      await store.end(owner, {});
      expect(await living()).toBe("");
    });

    it("knows whose a provider's session is", async () => {
      const sid = fresh();
      const { store, owner } = await withSession({ sid });
      expect(await store.ownerOf(sid)).toBe(owner);
      expect(await store.ownerOf(fresh())).toBeUndefined();
      await store.end(fresh(), {});
      await store.giveUp(fresh(), fresh());
    });
  });
}
