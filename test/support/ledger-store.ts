import { grant, type Ledger, openLedger } from "../../src/leases/ledger.ts";
import { poolOf } from "../../src/leases/pool-of.ts";
import { checkAsk, checkUnits } from "../../src/stores/counters/asked.ts";
import {
  type Allowance,
  CounterStoreError,
  type SharedCounterStore,
} from "../../src/stores/counters/counter-store.ts";
import { createMemoryStore } from "../../src/stores/counters/memory.ts";

/**
 * A store in this process that is shared by whoever holds it: the pure code and nothing else, which the real stores are
 * measured by. @param now ms since the epoch
 */
export function createLedgerStore(now: () => number): SharedCounterStore {
  const counters = createMemoryStore(now);
  const ledgers = new Map<string, Ledger<unknown>>();
  const answer = async <T>(checked: () => void, work: () => T): Promise<T> => {
    try {
      checked();
    } catch (error) {
      throw new CounterStoreError("ledger", String(error));
    }
    return work();
  };
  const ledgerOf = (key: string, allowance: Allowance) => {
    const known = ledgers.get(key) ?? openLedger(poolOf(allowance));
    ledgers.set(key, known);
    return known;
  };
  return {
    remote: true,
    take: (take) =>
      answer(
        () => checkUnits(take),
        () => counters.take(take),
      ),
    peek: async (peek) => counters.peek(peek),
    refund: (refund) =>
      answer(
        () => checkUnits(refund),
        () => counters.refund(refund),
      ),
    charge: (take) =>
      answer(
        () => checkUnits(take),
        () => counters.charge(take),
      ),
    lease: ({ key, allowance, ask }) =>
      answer(
        () => checkAsk(ask, allowance),
        () => grant(ledgerOf(key, allowance), poolOf(allowance), ask, now()),
      ),
  };
}
