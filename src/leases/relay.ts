import { advance, type Demand, noDemand, report, totalRate } from "./demand.ts";
import { grantSize } from "./grant-size.ts";
import { holding, type Lease, openLease } from "./lease.ts";
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
}

/** A relay that has asked for nothing. */
export function openRelay(windowMs: number): Relay {
  return { lease: openLease(windowMs), demand: noDemand(), stock: 0 };
}

/** Takes note of an ask that arrives. */
export function hear({ lease, demand }: Relay, ask: Ask, now: number): void {
  advance(demand, Math.floor(now / lease.windowMs), now);
  report(demand, ask);
}

/** Answers an ask out of what the relay holds; undefined where it must ask the key's store first. */
export function share(relay: Relay, ask: Ask, now: number): Grant | undefined {
  const { lease, demand } = relay;
  const left = holding(lease, now);
  const empty = now < lease.emptyUntil;
  if (left < ask.want && !empty) return undefined;
  const period = demand.period;
  // A moment of the relay's clock: whoever asked did so before, so this much after the ask was sent is no later.
  const retryAfterMs = Math.max(0, lease.emptyUntil - now);
  if (left === 0) return { tokens: 0, ttlMs: 0, retryAfterMs, period };
  const ttlMs = Math.min(
    ...lease.lots.filter(({ expiresAt }) => now < expiresAt).map((lot) => lot.expiresAt - now),
  );
  const tokens = grantSize(ask, {
    left,
    ttlMs,
    limit: relay.stock,
    held: demand.held,
    rate: totalRate(demand, 0),
    roots: demand.roots,
    isolates: demand.isolates,
  });
  spend(lease, tokens, now);
  // What is granted stands for as many requests, most of them yet to come.
  observe(lease.arrivals, now, lease.windowMs, tokens);
  demand.held += Math.max(0, tokens - ask.want);
  return { tokens, ttlMs, retryAfterMs: tokens < left ? 0 : retryAfterMs, period };
}

/** Takes tokens out of a lease that holds them. */
function spend(lease: Lease, tokens: number, now: number): void {
  let left = tokens;
  lease.lots = lease.lots.filter(({ expiresAt }) => now < expiresAt);
  for (const lot of lease.lots) {
    const taken = Math.min(lot.tokens, left);
    lot.tokens -= taken;
    left -= taken;
  }
  lease.lots = lease.lots.filter((lot) => lot.tokens > 0);
}
