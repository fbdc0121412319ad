interface Entry<T> {
  readonly value: T;
  /** ms since the epoch */
  readonly until: number;
}

/**
 * Remembers values for a time. Bounded: entries live in two generations, and when the young one is full the old one is
 * forgotten, so that a hit need not keep any order.
 */
export class ExpiringCache<T> {
  readonly #perGeneration: number;
  #young = new Map<string, Entry<T>>();
  #old = new Map<string, Entry<T>>();

  /** @param capacity most entries ever held */
  constructor(capacity: number) {
    this.#perGeneration = Math.max(1, Math.floor(capacity / 2));
  }

  get(key: string, now: number): T | undefined {
    const young = this.#young.get(key);
    const entry = young ?? this.#old.get(key);
    if (entry === undefined || now >= entry.until) return undefined;
    if (young === undefined) this.#put(key, entry);
    return entry.value;
  }

  /** @param until in ms since the epoch */
  set(key: string, value: T, until: number): void {
    this.#put(key, { value, until });
  }

  #put(key: string, entry: Entry<T>): void {
    if (this.#young.size >= this.#perGeneration && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, entry);
  }
}
