import { within } from "../counters/time-bound.ts";
import type { SignalReport, SignalStore, SignalTerms } from "./signal-store.ts";

/** What the store needs of the namespace of `SignalsObject`: `ctx.exports.SignalsObject`. */
export interface SignalsNamespace {
  getByName(name: string): {
    report(upstream: string, terms: SignalTerms, report: SignalReport): Promise<number>;
  };
}

/**
 * Signals from Durable Objects, one an upstream, however many isolates call it.
 * @param timeoutMs after this a call rejects
 */
export function createDurableObjectSignals(
  namespace: SignalsNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): SignalStore {
  return {
    // A stub that has failed stays broken, so each call makes its own.
    report: async (upstream, terms, report) =>
      within(timeoutMs, namespace.getByName(upstream).report(upstream, terms, report), "signals"),
  };
}
