import { LONGEST_LEASE_MS } from "../../leases/lease-time.ts";
import type { Grant as Lease } from "../../leases/message.ts";
import { latestMs } from "../../leases/outstanding.ts";
import { type Allowance, CounterStoreError, type Grant, type Outlook } from "./counter-store.ts";

/** No wait is longer than so many times that in which everything comes back: a bucket may owe its burst and more. */
const LONGEST_WAITS = 7;
/** Leases and pauses are at least so long, in ms, however short the window is. */
const SHORTEST = 1_000;

/**
 * What a store answered, where it can be that: a wrong answer is none.
 * @throws {CounterStoreError} where it cannot
 */
export function outlookOf<Answer extends Outlook>(
  answer: Answer,
  { burst }: Allowance,
  store: string,
): Answer {
  const { allowed, remaining, resetMs } = isObject(answer) ? answer : nothing;
  const sound =
    typeof allowed === "boolean" &&
    isUnits(remaining) &&
    remaining <= burst &&
    isNumber(resetMs) &&
    resetMs >= 0;
  if (!sound) throw nonsense(store);
  return answer;
}

/** @throws {CounterStoreError} where that cannot be the answer to a take */
export function grantOf(answer: Grant, allowance: Allowance, store: string): Grant {
  const { at } = outlookOf(answer, allowance, store);
  if (!Number.isSafeInteger(at)) throw nonsense(store);
  return answer;
}

/** @throws {CounterStoreError} where that cannot be the answer to an ask for a lease */
export function leaseOf(answer: Lease, { limit, windowMs, burst }: Allowance, store: string): Lease {
  const { tokens, ttlMs, left, resetMs, period, crowded } = isObject(answer) ? answer : nothing;
  const longest = Math.max(SHORTEST, windowMs, Math.ceil((burst * windowMs) / limit));
  const sound =
    isUnits(tokens) &&
    tokens <= burst &&
    isNumber(ttlMs) &&
    ttlMs >= 0 &&
    ttlMs <= longest &&
    isUnits(left) &&
    isNumber(resetMs) &&
    resetMs >= 1 &&
    // Leases from when more was allowed may be under way.
    resetMs <= LONGEST_WAITS * longest + latestMs(LONGEST_LEASE_MS) &&
    Number.isSafeInteger(period) &&
    typeof crowded === "boolean";
  if (!sound) throw nonsense(store);
  return answer;
}

/** The error of an answer that cannot be right. */
export function nonsense(store: string): CounterStoreError {
  return new CounterStoreError(store, "the answer makes no sense");
}

const nothing: Readonly<Record<string, undefined>> = {};

function isObject(answer: unknown): answer is object {
  return typeof answer === "object" && answer !== null;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isUnits(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
