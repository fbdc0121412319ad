import { grant, type Ledger } from "../../src/leases/ledger.ts";
import type { Ask, Grant } from "../../src/leases/message.ts";
import type { Pool } from "../../src/leases/pool.ts";
import type { Timeline } from "./timeline.ts";

/** What a store decides of an ask. */
type Decide = (ask: Ask, now: number) => Grant;

/** The real decision. */
export function leasing<State>(ledger: Ledger<State>, pool: Pool<State>): Decide {
  return (ask, now) => grant(ledger, pool, ask, now);
}

/** As many tokens as are wanted, and no more: a limit that is asked for each request. */
export function counting<State>(pool: Pool<State>): Decide {
  const state = pool.full();
  return ({ want }, now) => {
    const { left, ttlMs, period } = pool.supply(state, now);
    const tokens = Math.min(left, want);
    pool.take(state, tokens, now);
    return { tokens, ttlMs, period, left: left - tokens, resetMs: 1, crowded: false };
  };
}

/** One store object: it answers one ask after the other, each in `serviceMs`. */
export class Store {
  readonly #timeline: Timeline;
  readonly #serviceMs: number;
  readonly #decide: Decide;
  #busyUntil = 0;

  constructor(timeline: Timeline, serviceMs: number, decide: Decide) {
    this.#timeline = timeline;
    this.#serviceMs = serviceMs;
    this.#decide = decide;
  }

  /** Takes an ask that has arrived, and calls back when it is answered. */
  ask(ask: Ask, reply: (grant: Grant) => void): void {
    const { now } = this.#timeline;
    this.#busyUntil = Math.max(now, this.#busyUntil) + this.#serviceMs;
    this.#timeline.after(this.#busyUntil - now, () =>
      reply(this.#decide(ask, Math.floor(this.#timeline.now))),
    );
  }
}
