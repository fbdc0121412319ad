import type { CounterState } from "./algorithm.ts";
import { algorithms } from "./algorithms.ts";
import type { LocalCounterStore } from "./counter-store.ts";

/** How many counters the store keeps unless told otherwise: some 20 MB with long keys. */
const MAX_COUNTERS = 100_000;

/**
 * Counters in this isolate's memory. **Not a global limit**: every isolate counts for itself, there are
 * thousands of them, and each forgets when it goes. For tests, benchmarks and single-process use only.
 *
 * Answers at once, without a promise. It never holds more than `maxCounters`: counters live in two generations,
 * and when the younger is half of that, the older is dropped with all that nobody has asked for since. So a
 * caller who keeps calling stays counted, refused or not. (One map in order of use would be exact, but finding its
 * first entry costs as much as there were deletions before it.)
 * @param now ms since the epoch.
 */
export function createMemoryStore(now: () => number, maxCounters = MAX_COUNTERS): LocalCounterStore {
  const perGeneration = Math.max(1, Math.floor(maxCounters / 2));
  let younger = new Map<string, CounterState>();
  let older = new Map<string, CounterState>();

  function keep(key: string, state: CounterState, young: CounterState | undefined): void {
    if (young === undefined && younger.size >= perGeneration) {
      older = younger;
      younger = new Map();
    }
    younger.set(key, state);
  }

  return {
    remote: false,
    take({ key, allowance, cost }) {
      const young = younger.get(key);
      const known = young ?? older.get(key);
      const { state, grant } = algorithms[allowance.algorithm].take(known, allowance, cost, now());
      if (state !== undefined && state !== young) keep(key, state, young);
      return grant;
    },
    peek({ key, allowance }) {
      const young = younger.get(key);
      const known = young ?? older.get(key);
      if (known !== undefined && known !== young) keep(key, known, young);
      return algorithms[allowance.algorithm].take(known, allowance, 1, now()).grant;
    },
    refund({ key, allowance, cost, at }) {
      const young = younger.get(key);
      const known = young ?? older.get(key);
      if (known === undefined) return;
      keep(key, algorithms[allowance.algorithm].refund(known, allowance, cost, at), young);
    },
  };
}
