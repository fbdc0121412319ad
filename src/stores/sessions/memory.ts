import {
  CLAIM_MS,
  COOL_DOWN_MS,
  judgeClaim,
  type NewSession,
  type RefreshState,
  RefreshWaiters,
  type SessionStore,
} from "./session-store.ts";

type Kept = NewSession & { -readonly [Key in keyof RefreshState]: RefreshState[Key] };

/** Sessions of this isolate alone. For tests, benches and single-process use. */
export function createMemorySessions(now: () => number): SessionStore {
  const owners = new Map<string, Map<string, Kept>>();
  const waiters = new RefreshWaiters();

  function living(owner: string, id: string): Kept | undefined {
    const kept = owners.get(owner)?.get(id);
    return kept !== undefined && now() < kept.until ? kept : undefined;
  }

  return {
    async open(owner, session) {
      const sessions = owners.get(owner) ?? new Map<string, Kept>();
      owners.set(owner, sessions);
      for (const [id, { until }] of sessions) if (until <= now()) sessions.delete(id);
      sessions.set(session.id, { ...session, generation: 0, sealed: null, claimedUntil: 0, failedUntil: 0 });
    },
    async generation(owner, id) {
      return living(owner, id)?.generation;
    },
    async claimRefresh(owner, id, generation, wait) {
      for (;;) {
        const kept = living(owner, id);
        const claim = judgeClaim(kept, generation, now());
        if (claim.kind === "yours") kept!.claimedUntil = now() + CLAIM_MS;
        if (claim.kind !== "busy" || !wait) return claim;
        await waiters.wait(id, kept!.claimedUntil - now());
      }
    },
    async renew(owner, id, generation, sealed) {
      const kept = living(owner, id);
      if (kept !== undefined) Object.assign(kept, { generation, sealed, claimedUntil: 0 });
      waiters.wake(id);
      return kept !== undefined;
    },
    async giveUp(owner, id) {
      const kept = living(owner, id);
      if (kept !== undefined) Object.assign(kept, { claimedUntil: 0, failedUntil: now() + COOL_DOWN_MS });
      waiters.wake(id);
    },
    async end(owner, { id, sid, before = Number.POSITIVE_INFINITY }) {
      for (const kept of owners.get(owner)?.values() ?? []) {
        const meant = (id ?? kept.id) === kept.id && (sid ?? kept.sid) === kept.sid;
        if (!meant || kept.startedAt >= before) continue;
        owners.get(owner)?.delete(kept.id);
        waiters.wake(kept.id);
      }
    },
    async ownerOf(sid) {
      const held = [...owners].find(([owner, sessions]) =>
        [...sessions.values()].some((kept) => kept.sid === sid && living(owner, kept.id) !== undefined),
      );
      return held?.[0];
    },
  };
}
