/**
 * A bounded map. Entries live in two generations, and when the young one is full the old one is forgotten: what is asked
 * for stays, and a hit need not keep any order.
 */
export class Generations<V> {
  readonly #perGeneration: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** @param capacity most entries ever held */
  constructor(capacity: number) {
    this.#perGeneration = Math.max(1, Math.floor(capacity / 2));
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#perGeneration && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** What is remembered, in no order. */
  *values(): Iterable<V> {
    yield* this.#young.values();
    yield* this.#old.values();
  }

  /** The same with its keys. */
  *entries(): Iterable<[key: string, value: V]> {
    yield* this.#young.entries();
    yield* this.#old.entries();
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
