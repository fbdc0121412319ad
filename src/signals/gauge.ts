import type { SignalReport, SignalTerms } from "../stores/signals/signal-store.ts";

type Execution = Pick<ExecutionContext, "waitUntil">;

/** Takes down how it goes with one upstream. Costs a request a few additions. */
export interface Gauge {
  /**
   * A call has ended.
   * @param ms how long it took
   * @param tells whether that tells how long the upstream takes: it answered, or was too slow to
   * @param now ms since the epoch
   */
  ended(ms: number, tells: boolean, now: number, execution: Execution): void;
  /** The client has gone before its call ended, and nothing that comes later may run. @param ms how long it waited */
  abandoned(ms: number): void;
  /** A request was refused for the upstream's sake. */
  refused(now: number, execution: Execution): void;
}

/** What gauges of one isolate have in common. */
export interface GaugeTools {
  /** Tells what was seen. @returns in how many ms to tell again; undefined where that is not known */
  readonly report: (seen: Omit<SignalReport, "isolate">) => Promise<number | undefined>;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Resolves after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
}

/** The platform ends what a request leaves behind: what has not come after so many times its due time will not. */
const OVERDUE = 2;

/** What this isolate sees of one upstream, told now and then by the requests that see it. */
export class IsolateGauge implements Gauge {
  readonly #tools: GaugeTools;
  readonly #slowMs: number;
  readonly #nearlySlowMs: number;
  #pace: number;
  #calls = 0;
  #busyMs = 0;
  #answers = 0;
  #slow = 0;
  #nearlySlow = 0;
  #refused = 0;
  /** From when what is counted now is. */
  #since = 0;
  /** Between these times it is going to be told. */
  #pendingSince = 0;
  #pendingUntil = 0;

  /** @param pace in how many ms it is told, until the store says otherwise */
  constructor(
    { above: { latency }, recoverBelow }: Pick<SignalTerms, "above" | "recoverBelow">,
    pace: number,
    tools: GaugeTools,
  ) {
    this.#tools = tools;
    this.#pace = pace;
    this.#slowMs = latency ?? Number.POSITIVE_INFINITY;
    this.#nearlySlowMs = this.#slowMs * recoverBelow;
  }

  ended(ms: number, tells: boolean, now: number, execution: Execution): void {
    this.#count(ms, tells);
    this.#tell(now, execution);
  }

  abandoned(ms: number): void {
    this.#count(ms, false);
  }

  refused(now: number, execution: Execution): void {
    this.#refused++;
    this.#tell(now, execution);
  }

  #count(ms: number, tells: boolean): void {
    this.#calls++;
    this.#busyMs += ms;
    const isNearlySlow = ms > this.#nearlySlowMs;
    // What has taken so long was slow, whatever came of it.
    if (!tells && !isNearlySlow) return;
    this.#answers++;
    if (!isNearlySlow) return;
    this.#nearlySlow++;
    if (ms > this.#slowMs) this.#slow++;
  }

  #tell(now: number, execution: Execution): void {
    // Where the clock was set back there is no telling what still comes.
    if (now < this.#pendingUntil && now >= this.#pendingSince) return;
    // Nothing was called for a while, so nothing says since when.
    if (now - this.#since > OVERDUE * this.#pace || now < this.#since) this.#since = now;
    this.#pendingSince = now;
    this.#pendingUntil = now + OVERDUE * this.#pace;
    execution.waitUntil(this.#handOver());
  }

  async #handOver(): Promise<void> {
    await this.#tools.wait(this.#pace);
    this.#pendingUntil = 0;
    const pace = await this.#tools.report(this.#take(this.#tools.now()));
    this.#pace = pace ?? this.#pace;
  }

  #take(now: number): Omit<SignalReport, "isolate"> {
    const seen = {
      spanMs: Math.max(1, now - this.#since),
      calls: this.#calls,
      busyMs: this.#busyMs,
      answers: this.#answers,
      slow: this.#slow,
      nearlySlow: this.#nearlySlow,
      refused: this.#refused,
    };
    this.#since = now;
    this.#calls = this.#busyMs = this.#answers = this.#slow = this.#nearlySlow = this.#refused = 0;
    return seen;
  }
}
