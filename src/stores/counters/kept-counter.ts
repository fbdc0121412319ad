import type { CounterState } from "./algorithm.ts";
import { algorithms } from "./algorithms.ts";
import type { Allowance, Grant, Outlook } from "./counter-store.ts";
import { CALM_MS, IDLE_MS, type Keeping } from "./keeping.ts";

/** What storage holds: the counter, and what it takes to say when it has expired. */
export interface StoredCounter {
  readonly state: CounterState;
  readonly allowance: Allowance;
}

/** A counter that is taken from, and what storage knows of it. */
export class KeptCounter implements Keeping {
  changedAt = 0;
  #state: CounterState | undefined;
  /** What storage holds: never less than what has been taken. */
  #written: CounterState | undefined;
  #allowance: Allowance | undefined;
  readonly #write: (stored: StoredCounter) => void;

  constructor(stored: StoredCounter | undefined, write: (stored: StoredCounter) => void) {
    this.#state = stored?.state;
    this.#written = stored?.state;
    this.#allowance = stored?.allowance;
    this.#write = write;
  }

  take(allowance: Allowance, cost: number, now: number): Grant {
    const { state, grant } = algorithms[allowance.algorithm].take(this.#state, allowance, cost, now);
    if (grant.allowed) this.#change(state, allowance, now);
    return grant;
  }

  peek(allowance: Allowance, now: number): Outlook {
    return algorithms[allowance.algorithm].take(this.#state, allowance, 1, now).grant;
  }

  refund(allowance: Allowance, cost: number, at: number, now: number): void {
    if (this.#state === undefined) return;
    this.#change(algorithms[allowance.algorithm].refund(this.#state, allowance, cost, at), allowance, now);
  }

  charge(allowance: Allowance, units: number, now: number): void {
    this.#change(algorithms[allowance.algorithm].charge(this.#state, allowance, units, now), allowance, now);
  }

  get exact(): boolean {
    return this.#state === this.#written || !this.#isLasting();
  }

  get expiresAt(): number {
    const [state, allowance] = [this.#state, this.#allowance];
    if (state === undefined || allowance === undefined) return 0;
    return algorithms[allowance.algorithm].expiresAt(state, allowance);
  }

  wakeAt(now: number): number {
    const allowance = this.#allowance;
    if (this.#state === undefined || allowance === undefined) return 0;
    return Math.max(this.expiresAt, now + algorithms[allowance.algorithm].span(allowance));
  }

  settle(): void {
    if (this.#state !== undefined && !this.exact) this.#tell(this.#state);
  }

  clear(): void {
    this.#state = undefined;
    this.#written = undefined;
  }

  #change(state: CounterState | undefined, allowance: Allowance, now: number): void {
    const calm = now - this.changedAt > CALM_MS;
    this.#state = state;
    this.#allowance = allowance;
    this.changedAt = now;
    if (state === undefined || !this.#isLasting()) return;
    const algorithm = algorithms[allowance.algorithm];
    if (this.#written === undefined || !algorithm.covers(this.#written, state, allowance)) {
      this.#tell(calm ? state : algorithm.ahead(state, allowance));
    }
  }

  #tell(state: CounterState): void {
    this.#written = state;
    this.#write({ state, allowance: this.#allowance! });
  }

  #isLasting(): boolean {
    const allowance = this.#allowance;
    return allowance !== undefined && algorithms[allowance.algorithm].span(allowance) > IDLE_MS;
  }
}
