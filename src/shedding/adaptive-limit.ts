/** Between which bounds a limit moves, and where it begins. */
export interface Bounds {
  readonly start: number;
  readonly min: number;
  readonly max: number;
}

/** A window is judged when it has lasted so long, in ms, … */
const WINDOW_MS = 100;
/** … and holds so many answers: fewer say little. */
const WINDOW_SAMPLES = 20;
/** One that does not fill is judged by what there is, if anything. */
const LONGEST_WINDOW_MS = 1_000;
/** More answers than this say nothing new. */
const MOST_SAMPLES = 256;
/** How long a measurement of the time without a queue holds, in ms. */
const MEASURED_FOR_MS = 30_000;
/** The first may have been made in a queue: it holds for no longer than this, in ms, and each after it twice as long. */
const FIRST_FOR_MS = 2_000;
/** A limit that has fallen below this share of what it was at the last measurement rests on one that may be wrong. */
const DOUBTFUL_SHARE = 1 / 2;
/** Which share of what keeps an upstream just busy is let in while it is measured: its queue empties. */
const PROBE_SHARE = 0.7;
/** By how much an answer may be slower than without a queue and still count as none: a quarter, but at least 5 ms. */
const TOLERANCE = { share: 1 / 4, least: 5 };
/** How far the limit may move in one window. */
const GRADIENT = { min: 0.5, max: 1.25 };
/** How much of the way to where it is due the limit goes: all of it at once, it would swing. */
const SMOOTHING = 0.5;

/**
 * How many requests an upstream can bear at once, told from how long it takes: Envoy's gradient. In each window
 * `gradient = (time without a queue + tolerance) / median time`, and the limit goes half of the way to
 * `gradient × limit + √limit`: as long as
 * answers come as fast as without a queue, the limit grows; where they come slower, there is a queue, and it shrinks. The
 * time without a queue is measured every half minute, and when the limit has halved, by letting fewer in until the queue
 * is gone; where there never was one, that takes nothing from anybody. Of an upstream that is far from its limit nothing
 * can be told, so then the limit stays. Pure: time is passed in, in ms since the epoch.
 */
export class AdaptiveLimit {
  readonly #bounds: Bounds;
  readonly #samples = new Float64Array(MOST_SAMPLES);
  #count = 0;
  #limit: number;
  /** How many may be in flight now: the limit, or fewer while it is measured. */
  #current: number;
  #windowAt: number;
  /** The most that were in flight in the window. */
  #peak = 0;
  /** The time without a queue. */
  #unloaded: number | undefined;
  #measureAt: number;
  #holdsFor = FIRST_FOR_MS;
  #limitWhenMeasured: number;
  /** Whether a measurement is under way. */
  #probes = false;

  constructor(bounds: Bounds, now: number) {
    this.#bounds = bounds;
    this.#limit = bounds.start;
    this.#current = bounds.start;
    this.#limitWhenMeasured = bounds.start;
    this.#windowAt = now;
    this.#measureAt = now;
  }

  /** How many may be in flight at once: a whole number from 1. */
  get current(): number {
    return this.#current;
  }

  /**
   * An answer came.
   * @param sentAt when it was asked for
   * @param inFlight how many were in flight with it
   */
  answered(sentAt: number, now: number, inFlight: number): void {
    if (inFlight > this.#peak) this.#peak = inFlight;
    // What was sent before the last change tells of what was before.
    if (sentAt >= this.#windowAt) {
      this.#samples[this.#count % MOST_SAMPLES] = now - sentAt;
      this.#count++;
    }
    const age = now - this.#windowAt;
    if (age < WINDOW_MS || this.#count === 0) return;
    if (this.#count < WINDOW_SAMPLES && age < LONGEST_WINDOW_MS) return;
    this.#judge(this.#median(), now);
    this.#count = 0;
    this.#peak = 0;
    this.#windowAt = now;
  }

  #judge(median: number, now: number): void {
    if (this.#unloaded === undefined || this.#probes) {
      this.#measured(median, now);
      return;
    }
    const calm = this.#unloaded + Math.max(TOLERANCE.least, this.#unloaded * TOLERANCE.share);
    const busy = this.#peak * 2 >= this.#current;
    if (busy) {
      const gradient = Math.min(GRADIENT.max, Math.max(GRADIENT.min, calm / Math.max(1, median)));
      const due = gradient * this.#limit + Math.sqrt(this.#limit);
      this.#set(this.#limit + (due - this.#limit) * SMOOTHING);
    }
    const doubtful = this.#limit < this.#limitWhenMeasured * DOUBTFUL_SHARE;
    if (!doubtful && now < this.#measureAt) return;
    if (busy && (median > calm || this.#holdsFor === 2 * FIRST_FOR_MS)) this.#probe(median);
    else this.#measured(median, now);
  }

  #measured(median: number, now: number): void {
    this.#unloaded = median;
    this.#measureAt = now + this.#holdsFor;
    this.#holdsFor = Math.min(MEASURED_FOR_MS, 2 * this.#holdsFor);
    this.#limitWhenMeasured = this.#limit;
    this.#probes = false;
    this.#set(this.#limit);
  }

  /** Lets in what the upstream can work on without a queue, by Little's law. */
  #probe(median: number): void {
    this.#probes = true;
    const justBusy = (Math.min(this.#limit, this.#peak) * this.#unloaded!) / Math.max(1, median);
    const { min } = this.#bounds;
    this.#current = Math.max(1, Math.min(this.#current, Math.floor(Math.max(min, justBusy) * PROBE_SHARE)));
  }

  #set(limit: number): void {
    const { min, max } = this.#bounds;
    this.#limit = Math.min(max, Math.max(min, limit));
    this.#current = Math.floor(this.#limit);
  }

  #median(): number {
    const sorted = this.#samples.subarray(0, Math.min(this.#count, MOST_SAMPLES)).toSorted();
    return sorted[sorted.length >> 1]!;
  }
}
