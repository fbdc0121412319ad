import { advance, type Demand, noDemand, report, totalRate } from "./demand.ts";
import { firstGrant, grantSize } from "./grant-size.ts";
import { holding, isShort, type Lease, openLease } from "./lease.ts";
import { spend } from "./lots.ts";
import { type Ask, type Grant, MOST_UNITS } from "./message.ts";
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
  lease.owed = Math.min(MOST_UNITS, lease.owed + ask.owed);
}

/** What asks wait for: tokens in all, and how many at least would be of use to one of them. */
export function wishes(asks: Iterable<Ask>): { readonly wanted: number; readonly least: number } {
  let [wanted, least] = [0, Number.POSITIVE_INFINITY];
  for (const ask of asks) {
    wanted += ask.want;
    if (ask.want > 0) least = Math.min(least, leastOf(ask));
  }
  return { wanted, least: wanted > 0 ? least : 1 };
}

/** How many tokens are of use to who asks. */
function leastOf({ least, held }: Ask): number {
  return Math.max(1, least - held);
}

/** Answers an ask out of what the relay holds; undefined where it must ask the key's store first. */
export function share(relay: Relay, ask: Ask, now: number): Grant | undefined {
  const { lease, demand } = relay;
  const held = holding(lease, now);
  const more = Math.max(held + 1, leastOf(ask));
  if (held < ask.want && !isShort(lease, more, now)) return undefined;
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
    left: now < lease.resetAt ? left : Math.max(1, left),
    // A moment of the relay's clock: whoever asked did so before, so this much after the ask was sent is no later.
    resetMs: Math.max(1, lease.resetAt - now),
    period: demand.period,
    crowded: true,
  };
}
