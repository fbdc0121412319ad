import { advance, type Demand, isCrowded, noDemand, report, totalRate } from "./demand.ts";
import { beyond, firstGrant, grantSize } from "./grant-size.ts";
import type { Ask, Grant } from "./message.ts";
import type { Pool } from "./pool.ts";

/** The store's side of one counter: the tokens, and what is known of those who spend them. */
export interface Ledger<State> {
  readonly tokens: State;
  readonly demand: Demand;
}

/** A counter from which nothing has been taken. */
export function openLedger<State>(pool: Pool<State>): Ledger<State> {
  return { tokens: pool.full(), demand: noDemand() };
}

/**
 * Answers an ask; the ledger is changed.
 * @param now whole ms by the store's clock; where it goes back, nothing is freed.
 */
export function grant<State>(ledger: Ledger<State>, pool: Pool<State>, ask: Ask, now: number): Grant {
  const { tokens, demand } = ledger;
  let { left, ttlMs, period } = pool.supply(tokens, now);
  if (ask.owed > 0) {
    pool.charge(tokens, ask.owed, now);
    ({ left } = pool.supply(tokens, now));
  }
  advance(demand, period, now);
  report(demand, ask);
  const size = grantSize(ask, {
    left,
    ttlMs,
    limit: pool.limit,
    first: firstGrant(pool.limit),
    held: demand.held,
    rate: totalRate(demand, ttlMs / pool.windowMs),
    roots: demand.roots,
    isolates: demand.isolates,
  });
  pool.take(tokens, size, now);
  demand.held += Math.max(0, size - ask.want);
  return {
    tokens: size,
    ttlMs,
    left: left - size,
    resetMs: pool.resetMs(tokens, now, Math.min(pool.limit, beyond(ask, size, left - size))),
    period,
    crowded: isCrowded(demand),
  };
}
