import type { SignalReport, SignalTerms, Thresholds } from "./signal-store.ts";

/** An upstream as all isolates together see it. */
export interface Observed {
  /** Requests in flight at once, on average: by Little's law, as what has ended is all that is told. */
  readonly inFlight: number;
  /** Calls that ended, per second. */
  readonly callsPerSecond: number;
  /** How long a call took on average, in ms. */
  readonly meanMs: number;
  /** Share of the answers that took longer than the threshold. */
  readonly slow: number;
  /** Share of those that took longer than the recovered share of it. */
  readonly nearlySlow: number;
  /** Share of requests that were refused. */
  readonly shedRate: number;
  /** How many isolates these figures come from. */
  readonly isolates: number;
}

/** Sums up reports. Isolates tell of spans of different lengths, so it is rates that are added. */
export function observe(reports: Iterable<SignalReport>): Observed {
  let [isolates, inFlight, calls, answers, slow, nearlySlow, refused] = [0, 0, 0, 0, 0, 0, 0];
  for (const report of reports) {
    const { spanMs } = report;
    isolates++;
    inFlight += report.busyMs / spanMs;
    calls += report.calls / spanMs;
    answers += report.answers / spanMs;
    slow += report.slow / spanMs;
    nearlySlow += report.nearlySlow / spanMs;
    refused += report.refused / spanMs;
  }
  return {
    isolates,
    inFlight,
    callsPerSecond: calls * 1_000,
    meanMs: share(inFlight, calls),
    slow: share(slow, answers),
    nearlySlow: share(nearlySlow, answers),
    shedRate: share(refused, refused + calls),
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** On which side of the thresholds an upstream is. */
export interface Level {
  /** What there is too much of. */
  readonly above: ReadonlyArray<keyof Thresholds>;
  /** Whether there is clearly not too much of anything. */
  readonly below: boolean;
}

/** A latency is exceeded where more than this share of the answers took longer: it is the 90th percentile. */
const SLOW_SHARE = 0.1;

/** Holds what was observed against the thresholds. Between the two sides nothing is decided. */
export function levelOf(
  observed: Observed,
  { above: { inFlight, latency, shedRate }, recoverBelow }: Pick<SignalTerms, "above" | "recoverBelow">,
): Level {
  const judged: ReadonlyArray<readonly [keyof Thresholds, above: boolean, below: boolean]> = [
    [
      "inFlight",
      observed.inFlight > (inFlight ?? NEVER),
      observed.inFlight < (inFlight ?? NEVER) * recoverBelow,
    ],
    [
      "latency",
      latency !== undefined && observed.slow > SLOW_SHARE,
      latency === undefined || observed.nearlySlow <= SLOW_SHARE,
    ],
    [
      "shedRate",
      observed.shedRate > (shedRate ?? NEVER),
      observed.shedRate < (shedRate ?? NEVER) * recoverBelow,
    ],
  ];
  return {
    above: judged.filter(([, above]) => above).map(([name]) => name),
    below: judged.every(([, , below]) => below),
  };
}

const NEVER = Number.POSITIVE_INFINITY;
