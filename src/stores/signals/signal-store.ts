/** From when on an upstream has too much to do, and who is told. Plain JSON. */
export interface SignalTerms {
  readonly to: SignalTarget;
  /** Beyond any of these is too much. */
  readonly above: Thresholds;
  /** Share of the thresholds: below it on all counts, there is not too much any more. */
  readonly recoverBelow: number;
  /** How long it must be so without interruption, in ms. */
  readonly for: number;
  /** Within so long there is one call at most, in ms. */
  readonly every: number;
}

/** Where signals are sent. */
export interface SignalTarget {
  /** Name of a declared upstream. */
  readonly upstream: string;
  /** Path below its origin. */
  readonly path: string;
}

/** Of each what is just not too much; what is absent is not looked at. */
export interface Thresholds {
  /** Requests in flight at once, in all isolates together. */
  readonly inFlight?: number | undefined;
  /** ms that a tenth of the answers may exceed. */
  readonly latency?: number | undefined;
  /** Share of requests that are refused. */
  readonly shedRate?: number | undefined;
}

/** What one isolate has seen of an upstream since it last told. */
export interface SignalReport {
  /** Tells this isolate from all others. */
  readonly isolate: string;
  /** How long that was, in ms; at least 1. */
  readonly spanMs: number;
  /** Requests that ended, whether answered or not. */
  readonly calls: number;
  /** How long all of them together took, in ms. */
  readonly busyMs: number;
  /** Those of the calls that tell how long the upstream takes. */
  readonly answers: number;
  /** Answers that took longer than the threshold. */
  readonly slow: number;
  /** Answers that took longer than the share of it below which it has recovered. */
  readonly nearlySlow: number;
  /** Requests that were refused for the upstream's sake. */
  readonly refused: number;
}

/** Where isolates tell what they see of upstreams, so that one place decides for all of them. */
export interface SignalStore {
  /**
   * Takes an isolate's report. Rejects where that could not be told; it is then lost, and the next one says how it is.
   * @returns in how many ms this isolate is to tell again
   */
  report(upstream: string, terms: SignalTerms, report: SignalReport): Promise<number>;
}

/** The name of what is called, for whoever acts on it. */
export type SignalType = "upstream.scale-up" | "upstream.recovered";

/** A signal that has not arrived yet. */
export interface Signal extends SignalTarget {
  /** The same for each try: who has had it before can tell. */
  readonly id: string;
  readonly body: string;
  /** When it was decided, in ms since the epoch. */
  readonly at: number;
  /** How often it was tried. */
  readonly tries: number;
  /** When it is to be tried next. */
  readonly due: number;
}
