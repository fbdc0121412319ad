import type { Destination, Flush, MeterLine, Settlement } from "../stores/meters/meter-store.ts";

/** Most lines that wait in an isolate for one consumer: what is beyond loses its dimensions, and counts all the same. */
const MOST_LINES = 1_000;
const OVERFLOW: MeterLine["dimensions"] = { overflow: "true" };

/** One event of a request's. */
export interface Metered {
  readonly event: string;
  readonly value: number;
  readonly minute: number;
  /** The values of its dimensions, in the order of {@link names}. */
  readonly values: readonly string[];
  readonly names: readonly string[];
  readonly to: Destination;
}

/** What becomes of events that wait together: told once they are written, or cannot be. */
interface Waiting {
  readonly written: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Events of one consumer, added up until they are handed over. */
export class Tally {
  readonly #lines = new Map<string, { -readonly [Key in keyof MeterLine]: MeterLine[Key] }>();
  readonly #to: Destination[] = [];
  readonly #settled: Settlement[] = [];
  #waiting: Waiting | undefined;

  get isEmpty(): boolean {
    return this.#lines.size === 0 && this.#settled.length === 0;
  }

  /** Whether somebody waits until it is written. */
  get isUrgent(): boolean {
    return this.#waiting !== undefined;
  }

  add({ event, value, minute, values, names, to }: Metered): void {
    let at = this.#to.indexOf(to);
    if (at < 0) at = this.#to.push(to) - 1;
    let key = `${at}\0${event}\0${minute}`;
    for (const value of values) key += `\0${value}`;
    const known = this.#lines.get(key);
    if (known !== undefined) {
      known.value += value;
      known.count++;
      return;
    }
    if (this.#lines.size < MOST_LINES) {
      const dimensions = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
      this.#lines.set(key, { event, dimensions, minute, value, count: 1, to: at });
      return;
    }
    const overflow = `${at}\0${event}\0\0overflow`;
    const folded = this.#lines.get(overflow);
    if (folded === undefined)
      this.#lines.set(overflow, { event, dimensions: OVERFLOW, minute, value, count: 1, to: at });
    else {
      folded.value += value;
      folded.count++;
    }
  }

  settle(settlement: Settlement): void {
    this.#settled.push(settlement);
  }

  /** Resolves once all that is in it now has been written; rejects where it could not be. */
  written(): Promise<void> {
    this.#waiting ??= waiting();
    return this.#waiting.written;
  }

  /** Tells those who wait. */
  tell(failure?: { readonly error: unknown }): void {
    if (failure === undefined) this.#waiting?.resolve();
    else this.#waiting?.reject(failure.error);
    this.#waiting = undefined;
  }

  content(): Pick<Flush, "to" | "lines" | "settled"> {
    return { to: this.#to, lines: [...this.#lines.values()], settled: this.#settled };
  }
}

function waiting(): Waiting {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Who waits may have gone.
  promise.catch(() => {});
  return { written: promise, resolve, reject };
}
