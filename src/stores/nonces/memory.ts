import type { NonceStore } from "./nonce-store.ts";

/** What has passed is looked for when there are this many keys, and then whenever they have doubled. */
const FIRST_SWEEP = 1_000;

/** Keys of this isolate alone: another would take a copy. For tests, benches and single-process use. */
export function createMemoryNonces(now: () => number): NonceStore {
  const used = new Map<string, number>();
  let sweepAt = FIRST_SWEEP;

  function sweep(at: number): void {
    for (const [key, until] of used) if (until <= at) used.delete(key);
    sweepAt = Math.max(FIRST_SWEEP, used.size * 2);
  }

  return {
    async use(key, until) {
      const at = now();
      if ((used.get(key) ?? 0) > at) return false;
      if (used.size >= sweepAt) sweep(at);
      used.set(key, until);
      return true;
    },
  };
}
