import { Generations } from "../generations.ts";

/** Remembers values for a time, as many as it has room for. */
export class ExpiringCache<T> {
  readonly #entries: Generations<{ readonly value: T; readonly until: number }>;

  /** @param capacity most entries ever held */
  constructor(capacity: number) {
    this.#entries = new Generations(capacity);
  }

  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || now >= entry.until ? undefined : entry.value;
  }

  /** @param until in ms since the epoch */
  set(key: string, value: T, until: number): void {
    this.#entries.set(key, { value, until });
  }
}
