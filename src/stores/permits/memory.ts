import { type Holder, type HolderTable, lastExpiry, settle } from "./ledger.ts";
import type { PermitStore } from "./permit-store.ts";

/** Keys without a lease are looked for when there are this many, and then whenever they have doubled. */
const FIRST_SWEEP = 1_000;

/** Permits of this isolate alone. For tests, benches and single-process use. */
export function createMemoryPermits(now: () => number): PermitStore {
  const ledgers = new Map<string, HolderTable>();
  let sweepAt = FIRST_SWEEP;

  function sweep(at: number): void {
    for (const [key, table] of ledgers) if (lastExpiry(table) <= at) ledgers.delete(key);
    sweepAt = Math.max(FIRST_SWEEP, ledgers.size * 2);
  }

  return {
    remote: false,
    async settle(key, ask) {
      const at = now();
      if (ledgers.size >= sweepAt) sweep(at);
      const table = ledgers.get(key) ?? createHolders();
      ledgers.set(key, table);
      return settle(table, ask, at);
    },
  };
}

/** Holders in memory. */
function createHolders(): HolderTable {
  const holders = new Map<string, Holder>();
  return {
    all: () => holders.values(),
    put: (holder) => void holders.set(holder.id, holder),
    remove: (id) => void holders.delete(id),
  };
}
