import { advance, type Demand, noDemand, report, totalRate } from "./demand.ts";
import { firstGrant, grantSize } from "./grant-size.ts";
import { holding, type Lease, openLease } from "./lease.ts";
import { spend } from "./lots.ts";
import type { Ask, Grant } from "./message.ts";
import { observe } from "./observed-rate.ts";

/**
 * A store for the isolates of one location that holds nothing but a lease of its own from the store of the key: what
 * it grants is taken from that, and ends no later. So it cannot grant more than it was granted, and the key's store
 * hears from locations instead of isolates.
 */
export interface Relay {
  readonly lease: Lease;
  readonly demand: Demand;
  /** Tokens of the last grant and what was left: what is shared out until the next. */
  stock: number;
  /** What is granted to whom nothing is known of: {@link firstGrant}. */
  readonly first: number;
}

/** A relay that has asked for nothing. @param limit tokens in a window, over all relays */
export function openRelay(windowMs: number, limit: number): Relay {
  return { lease: openLease(windowMs, 0, true), demand: noDemand(), stock: 0, first: firstGrant(limit) };
}

/** Takes note of an ask that arrives. What its isolate owes, the relay owes the key's store. */
export function hear({ lease, demand }: Relay, ask: Ask, now: number): void {
  advance(demand, Math.floor(now / lease.windowMs), now);
  report(demand, ask);
  lease.owed += ask.owed;
}

/** Answers an ask out of what the relay holds; undefined where it must ask the key's store first. */
export function share(relay: Relay, ask: Ask, now: number): Grant | undefined {
  const { lease, demand } = relay;
  const held = holding(lease, now);
  const empty = now < lease.emptyUntil;
  if (held < ask.want && !empty) return undefined;
  const ends = lease.lots.filter(({ expiresAt }) => now < expiresAt).map(({ expiresAt }) => expiresAt);
  const ttlMs = held === 0 ? 0 : Math.min(...ends) - now;
  const tokens = grantSize(ask, {
    left: held,
    ttlMs,
    limit: relay.stock,
    first: relay.first,
    held: demand.held,
    rate: totalRate(demand, 0),
    roots: demand.roots,
    isolates: demand.isolates,
  });
  spend(lease.lots, tokens, now);
  // What is granted stands for as many requests, most of them yet to come.
  if (tokens > 0) observe(lease.arrivals, now, lease.windowMs, tokens);
  demand.held += Math.max(0, tokens - ask.want);
  const left = held - tokens + lease.left;
  return {
    tokens,
    ttlMs,
    // Whoever asks next may find something here, unless the key's store has said that there is nothing.
    left: empty ? held - tokens : Math.max(1, left),
    // A moment of the relay's clock: whoever asked did so before, so this much after the ask was sent is no later.
    resetMs: Math.max(1, lease.resetAt - now),
    period: demand.period,
    crowded: true,
  };
}
