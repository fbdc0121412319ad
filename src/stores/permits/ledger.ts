import { type Ask, type Grant, LEASE_MS } from "./permit-store.ts";

/** What the ledger of one key knows of a holder. */
export interface Holder {
  readonly id: string;
  readonly permits: number;
  /** That of the last ask. */
  readonly sequence: number;
  /** ms since the epoch, by the store's clock. */
  readonly expiresAt: number;
  /** When it was last given too few; 0 where it never was. */
  readonly shortAt: number;
}

/** The holders of one key. Synchronous, so that concurrent asks cannot interleave. */
export interface HolderTable {
  all(): Iterable<Holder>;
  put(holder: Holder): void;
  remove(id: string): void;
}

/** One that does nothing may keep this share of the limit … */
const SPARE_SHARE = 32;
/** … while no more than this share of it is leased, so no more than that is ever kept by those that do nothing. */
const ROOMY_SHARE = 4;
/** For how long one who was given too few has the others give back what is idle, in ms. */
const CONTENDED_MS = 2_000;
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/**
 * Sets down what a holder needs, and grants what there is. One that has given everything back is remembered until its
 * lease would have ended, so that an earlier ask of its own that comes late finds nothing to change.
 * @param now ms since the epoch. Where the clock goes back, leases last longer.
 */
export function settle(table: HolderTable, ask: Ask, now: number): Grant {
  const { holder, sequence, limit, need, most } = ask;
  let others = 0;
  let holders = 1;
  let contended = false;
  let own: Holder | undefined;
  for (const each of table.all()) {
    if (each.expiresAt <= now) table.remove(each.id);
    else if (each.id === holder) own = each;
    else {
      others += each.permits;
      holders++;
      contended ||= each.shortAt > now - CONTENDED_MS;
    }
  }
  const retryMs = Math.min(LONGEST_RETRY_MS, RETRY_MS + 2 * holders);
  if (own !== undefined && sequence <= own.sequence) {
    return { granted: own.permits, contended, spare: 0, retryMs };
  }
  const free = Math.max(0, limit - others);
  const granted = Math.min(contended ? need : most, free);
  const roomy = (others + need) * ROOMY_SHARE <= limit;
  const shortAt = granted < need ? now : 0;
  table.put({ id: holder, permits: granted, sequence, expiresAt: now + LEASE_MS, shortAt });
  return { granted, contended, spare: roomy && !contended ? Math.floor(limit / SPARE_SHARE) : 0, retryMs };
}

/** When the last lease ends, in ms since the epoch; 0 where there is none. */
export function lastExpiry(table: HolderTable): number {
  let last = 0;
  for (const { expiresAt } of table.all()) last = Math.max(last, expiresAt);
  return last;
}
