import { noDemand } from "../../leases/demand.ts";
import { grant, type Ledger, openLedger } from "../../leases/ledger.ts";
import type { Ask, Grant } from "../../leases/message.ts";
import type { Pool } from "../../leases/pool.ts";
import { poolOf } from "../../leases/pool-of.ts";
import { hundredth } from "./algorithm.ts";
import type { Allowance } from "./counter-store.ts";
import { CALM_MS, IDLE_MS, type Keeping } from "./keeping.ts";

/** What storage holds of a ledger. Who asks for how much is not written: it is told anew within two windows. */
export interface StoredLedger {
  readonly tokens: unknown;
  readonly allowance: Allowance;
  /** Units that may have been granted since, at most. */
  readonly ahead: number;
  /** When it was true, in ms since the epoch. */
  readonly at: number;
}

/**
 * A ledger that is leased from, and what storage knows of it.
 *
 * What may have been granted after the last write counts, when the ledger is read from storage again, as granted then,
 * at once: later than it was, so it is held no shorter; and taking it out of the state as it has become by then leaves
 * no more than if it had been taken before. So storage never allows what memory would not, however old it is, and needs
 * to be told of amounts alone, not of times.
 */
export class KeptLedger implements Keeping {
  changedAt: number;
  exact = true;
  #open:
    | { readonly pool: Pool<unknown>; readonly ledger: Ledger<unknown>; readonly allowance: Allowance }
    | undefined;
  /** How much of what storage was told ahead has not been granted yet. */
  #covered = 0;
  /** Units taken in a period, of which no more is known after a restart. */
  #taken = 0;
  #period = -1;
  readonly #write: (stored: StoredLedger) => void;

  /**
   * @param now whole ms since the epoch
   * @param write is to copy what it is given at once
   */
  constructor(stored: StoredLedger | undefined, now: number, write: (stored: StoredLedger) => void) {
    this.#write = write;
    this.changedAt = stored?.at ?? 0;
    if (stored === undefined) return;
    const { allowance, ahead, tokens } = stored;
    const pool = poolOf(allowance);
    this.#open = { pool, allowance, ledger: { tokens, demand: noDemand() } };
    if (ahead === 0) return;
    pool.supply(tokens, now);
    const leased = Math.min(ahead, pool.limit);
    pool.take(tokens, leased, now);
    pool.charge(tokens, ahead - leased, now);
    this.changedAt = now;
    this.exact = false;
  }

  /** Answers an ask. */
  lease(allowance: Allowance, ask: Ask, now: number): Grant {
    const { pool, ledger } = this.#openFor(allowance);
    const granted = grant(ledger, pool, ask, now);
    const units = granted.tokens + ask.owed;
    if (units > 0) this.#change(units, granted.period, now);
    return granted;
  }

  get expiresAt(): number {
    return this.#open === undefined ? 0 : this.changedAt + this.#open.pool.spanMs;
  }

  wakeAt(now: number): number {
    return this.#open === undefined ? 0 : now + this.#open.pool.spanMs;
  }

  settle(): void {
    if (!this.exact) this.#tell(0);
  }

  clear(): void {
    this.#open = undefined;
    this.#covered = 0;
    this.exact = true;
  }

  /** A key's limit may change; its algorithm and window are its own. */
  #openFor(allowance: Allowance) {
    const open = this.#open;
    const known = open?.allowance;
    if (known?.algorithm === allowance.algorithm && known.windowMs === allowance.windowMs) {
      if (known.limit === allowance.limit && known.burst === allowance.burst) return open!;
      this.#open = { pool: poolOf(allowance), ledger: open!.ledger, allowance };
    } else {
      const pool = poolOf(allowance);
      this.#open = { pool, ledger: openLedger(pool), allowance };
      // Whatever was covered is of a state that is given up.
      this.#covered = 0;
    }
    return this.#open;
  }

  #change(units: number, period: number, now: number): void {
    const calm = now - this.changedAt > CALM_MS;
    this.changedAt = now;
    this.#taken = period === this.#period ? this.#taken + units : units;
    this.#period = period;
    const { pool, allowance } = this.#open!;
    if (pool.spanMs <= IDLE_MS) return;
    if (units > this.#covered) this.#tell(calm ? 0 : aheadOf(allowance, this.#taken));
    else {
      this.#covered -= units;
      this.exact = false;
    }
  }

  #tell(units: number): void {
    const { ledger, allowance } = this.#open!;
    this.#covered = units;
    this.exact = units === 0;
    this.#write({ tokens: ledger.tokens, allowance, ahead: units, at: this.changedAt });
  }
}

/** How much to tell ahead: a hundredth of the tokens, or what a bucket is refilled with in a second. */
function aheadOf({ algorithm, limit, windowMs, burst }: Allowance, taken: number): number {
  const units = hundredth(burst, taken);
  if (algorithm !== "tokenBucket") return units;
  return Math.max(units, Math.min(burst, Math.floor((limit * CALM_MS) / windowMs)));
}
