import type { Deps } from "../deps.ts";
import { causeText } from "../observe/cause.ts";
import type { SignalStore, SignalTerms } from "../stores/signals/signal-store.ts";
import { type Gauge, type GaugeTools, IsolateGauge } from "./gauge.ts";

/** What an isolate tells first, in ms after it was first called; later the store says when. */
const FIRST_PACE_MS = 5_000;

/** What signals work with. */
export interface SignalsTools extends Pick<Deps, "log">, Pick<GaugeTools, "now" | "wait"> {
  readonly store: SignalStore;
  /** Tells this isolate from all others. */
  readonly isolate: string;
}

/** The gauges of an isolate, one an upstream. */
export class Signals {
  readonly #tools: SignalsTools;
  readonly #gauges = new Map<string, Gauge>();

  constructor(tools: SignalsTools) {
    this.#tools = tools;
  }

  /** The gauge of an upstream: one and the same whoever asks, as an isolate tells once. */
  gauge(upstream: string, terms: SignalTerms): Gauge {
    const known = this.#gauges.get(upstream);
    if (known !== undefined) return known;
    const { store, isolate, now, wait, log } = this.#tools;
    const report: GaugeTools["report"] = async (seen) => {
      try {
        return await store.report(upstream, terms, { isolate, ...seen });
      } catch (error) {
        log({ level: "warn", event: "signals-not-told", upstream, cause: causeText(error) });
        return undefined;
      }
    };
    const gauge = new IsolateGauge(terms, FIRST_PACE_MS, { report, now, wait });
    this.#gauges.set(upstream, gauge);
    return gauge;
  }
}
