import { Generations } from "../../generations.ts";
import type { CounterState } from "./algorithm.ts";
import { algorithms } from "./algorithms.ts";
import type { LocalCounterStore } from "./counter-store.ts";

/** How many counters the store keeps unless told otherwise: some 20 MB with long keys. */
const MAX_COUNTERS = 100_000;

/**
 * Counters in this isolate's memory. **Not a global limit**: every isolate counts for itself, there are
 * thousands of them, and each forgets when it goes. For tests, benchmarks and single-process use only.
 *
 * Answers at once, without a promise. It never holds more than `maxCounters`: a caller who keeps calling stays counted,
 * refused or not.
 * @param now ms since the epoch.
 */
export function createMemoryStore(now: () => number, maxCounters = MAX_COUNTERS): LocalCounterStore {
  const states = new Generations<CounterState>(maxCounters);
  return {
    remote: false,
    take({ key, allowance, cost }) {
      const known = states.get(key);
      const { state, grant } = algorithms[allowance.algorithm].take(known, allowance, cost, now());
      if (state !== undefined && state !== known) states.set(key, state);
      return grant;
    },
    peek: ({ key, allowance }) =>
      algorithms[allowance.algorithm].take(states.get(key), allowance, 1, now()).grant,
    charge({ key, allowance, cost }) {
      states.set(key, algorithms[allowance.algorithm].charge(states.get(key), allowance, cost, now()));
    },
    refund({ key, allowance, cost, at }) {
      const known = states.get(key);
      if (known !== undefined)
        states.set(key, algorithms[allowance.algorithm].refund(known, allowance, cost, at));
    },
  };
}
