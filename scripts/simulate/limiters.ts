import type { Pool } from "../../src/leases/pool.ts";
import type { Send, Watcher } from "./isolate.ts";
import type { Timeline } from "./timeline.ts";

/** A store that has not answered by then, in ms, is taken to be down. */
const LONGEST_WAIT = 1_000;

/** What serves the requests of one key in one isolate. */
export interface Limiter {
  request(): void;
  /** Everything that it holds in memory is lost. */
  crash(): void;
}

/** Asks the store for every request, and waits for the answer. */
export class ExactLimiter implements Limiter {
  readonly #timeline: Timeline;
  readonly #send: Send;
  readonly #watcher: Watcher;

  constructor(timeline: Timeline, send: Send, watcher: Watcher) {
    this.#timeline = timeline;
    this.#send = send;
    this.#watcher = watcher;
  }

  request(): void {
    const since = this.#timeline.now;
    this.#watcher.asked();
    let open = true;
    const conclude = (through: boolean) => {
      if (!open) return;
      open = false;
      const { now } = this.#timeline;
      this.#watcher[through ? "spent" : "refused"](now, now - since);
    };
    this.#send(
      { want: 1, least: 1, owed: 0, rate: 0, seen: 0, span: 0, held: 0, before: undefined },
      ({ tokens }) => conclude(tokens > 0),
    );
    this.#timeline.after(LONGEST_WAIT, () => conclude(false));
  }

  crash(): void {}
}

/** Counts for itself alone, with the whole limit. */
export class NaiveLimiter implements Limiter {
  readonly #timeline: Timeline;
  readonly #pool: Pool<unknown>;
  readonly #watcher: Watcher;
  #tokens: unknown;

  constructor(timeline: Timeline, pool: Pool<unknown>, watcher: Watcher) {
    this.#timeline = timeline;
    this.#pool = pool;
    this.#watcher = watcher;
    this.#tokens = pool.full();
  }

  request(): void {
    const now = Math.floor(this.#timeline.now);
    const { left } = this.#pool.supply(this.#tokens, now);
    if (left > 0) this.#pool.take(this.#tokens, 1, now);
    this.#watcher[left > 0 ? "spent" : "refused"](this.#timeline.now, 0);
  }

  crash(): void {
    this.#tokens = this.#pool.full();
  }
}
