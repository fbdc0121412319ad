import { holding, type Lease } from "../leases/lease.ts";
import { leaseMs } from "../leases/lease-time.ts";
import { latestMs } from "../leases/outstanding.ts";
import type { Allowance, Grant } from "../stores/counters/counter-store.ts";

/** What an isolate has leased, and of what. */
interface Leased {
  readonly lease: Lease;
  readonly allowance: Allowance;
}

/** The answer to a request that was let through. @param at until when what it took may be given back */
export function spent(held: Leased, at: number, now: number): Grant {
  return { allowed: true, remaining: remaining(held, now), resetMs: resetMs(held, now), at };
}

/** The answer to a request for which there was too little. */
export function refused(held: Leased, cost: number, now: number): Grant {
  return { allowed: false, remaining: remaining(held, now), resetMs: waitMs(held, cost, now), at: 0 };
}

/** How long to wait for so many units. What is held here may be gone by the time that the store has others. */
function waitMs(held: Leased, cost: number, now: number): number {
  const { lease, allowance } = held;
  const { algorithm, limit, windowMs, burst } = allowance;
  const told = resetMs(held, now);
  const others = cost - holding(lease, now + told) - lease.beyond;
  if (others <= 0 || algorithm === "fixedWindow") return told;
  // The store has told of fewer: this is enough, and may be more than that.
  if (algorithm === "slidingWindow") return Math.max(told, latestMs(windowMs + leaseMs(windowMs)));
  const leased = leaseMs(Math.ceil((burst * windowMs) / limit));
  return told + Math.ceil((others * windowMs) / limit) + latestMs(leased);
}

/** What is held here, and what the store held when it last said so: all, where that is long ago. */
function remaining(held: Leased, now: number): number {
  const { lease, allowance } = held;
  const known = isForgotten(held, now) ? allowance.burst : holding(lease, now) + lease.left;
  return Math.max(0, Math.min(allowance.burst, known - lease.owed));
}

function resetMs(held: Leased, now: number): number {
  return isForgotten(held, now) ? held.allowance.windowMs : Math.max(1, held.lease.resetAt - now);
}

/** Whether what the store said last says nothing of now, as it does before it has said anything. */
function isForgotten({ lease, allowance }: Leased, now: number): boolean {
  return now >= lease.resetAt + allowance.windowMs;
}
