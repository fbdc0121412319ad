import { DurableObject } from "cloudflare:workers";
import type { CounterState } from "./algorithm.ts";
import { algorithms } from "./algorithms.ts";
import type { Allowance, Grant, Outlook } from "./counter-store.ts";

/** Where the object keeps its counter. */
const KEY = "counter";

/**
 * The platform may drop an idle object from memory after ten seconds. What is used up for no longer than that is
 * there again by then, so only counters that look further back need storage.
 */
const IDLE_MS = 10_000;

/**
 * Under traffic a write covers the takes to come, up to this share of the limit: about a hundred writes a window, or
 * one a second for a bucket that is kept empty.
 */
const WRITE_AHEAD = 1 / 100;

/** After this long without a change, storage is told exactly what was taken: sooner than an idle object is dropped. */
const CALM_MS = 1_000;

/** What storage holds: the counter, and what it takes to say when it has expired. */
interface Kept {
  readonly state: CounterState;
  readonly allowance: Allowance;
}

/**
 * One counter, named by its key. It counts by its own clock, which all isolates thereby share.
 *
 * The counter lives in memory. One that looks back further than ten seconds is also written to storage, so that
 * eviction, a deployment or a crash does not hand the caller a second allowance. Under traffic what is written runs
 * ahead by one per cent of the limit and is written again when the count has caught up; once traffic has paused for a
 * second, the exact count is written. So an eviction forgets nothing, and a crash never grants more than the limit, and
 * at worst one per cent less. Refusals write nothing. The answer does not wait for the write to be confirmed: a crash
 * within those milliseconds forgets what they granted. Shorter counters cost no writes, and a restart forgives at most
 * ten seconds. An alarm deletes what has expired, so that an unused key leaves nothing behind.
 *
 * A call reads, decides and writes without awaiting anything, so concurrent ones cannot interleave.
 */
export class LimiterObject extends DurableObject {
  #state: CounterState | undefined;
  /** What storage holds: never less than what has been taken. */
  #written: CounterState | undefined;
  #allowance: Allowance | undefined;
  #alarmed: boolean;
  #changedAt = 0;
  /** Set while a timer waits for traffic to pause. */
  #settling = false;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const kept = ctx.storage.kv.get<Kept>(KEY);
    this.#state = kept?.state;
    this.#written = kept?.state;
    this.#allowance = kept?.allowance;
    // The alarm is set together with the first write.
    this.#alarmed = kept !== undefined;
  }

  /** See `CounterStore.take`. */
  take(allowance: Allowance, cost: number): Grant {
    const now = Date.now();
    const { state, grant } = algorithms[allowance.algorithm].take(this.#state, allowance, cost, now);
    if (grant.allowed) this.#change(state, allowance, now);
    return grant;
  }

  /** See `CounterStore.peek`. */
  peek(allowance: Allowance): Outlook {
    return algorithms[allowance.algorithm].take(this.#state, allowance, 1, Date.now()).grant;
  }

  /** See `CounterStore.refund`. */
  refund(allowance: Allowance, cost: number, at: number): void {
    if (this.#state === undefined) return;
    const state = algorithms[allowance.algorithm].refund(this.#state, allowance, cost, at);
    this.#change(state, allowance, Date.now());
  }

  #change(state: CounterState | undefined, allowance: Allowance, now: number): void {
    const calm = now - this.#changedAt > CALM_MS;
    this.#state = state;
    this.#allowance = allowance;
    this.#changedAt = now;
    const algorithm = algorithms[allowance.algorithm];
    if (state === undefined || algorithm.span(allowance) <= IDLE_MS) return;
    if (this.#written === undefined || !algorithm.covers(this.#written, state, allowance)) {
      const ahead = calm ? 0 : Math.floor(allowance.limit * WRITE_AHEAD);
      this.#write(ahead === 0 ? state : algorithm.charge(state, allowance, ahead), allowance);
    }
    if (this.#written !== state) this.#settleSoon();
  }

  #write(state: CounterState, allowance: Allowance): void {
    this.#written = state;
    // A write that fails resets the object, so there is nothing to catch here.
    void this.ctx.storage.put<Kept>(KEY, { state, allowance }, { allowUnconfirmed: true });
    if (!this.#alarmed) {
      this.#alarmed = true;
      void this.ctx.storage.setAlarm(this.#wakeAt(state, allowance), { allowUnconfirmed: true });
    }
  }

  /** Has the exact count written once traffic has paused. A waiting timer keeps the object in memory. */
  #settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    setTimeout(() => {
      this.#settling = false;
      if (this.#state === undefined || this.#state === this.#written) return;
      if (Date.now() - this.#changedAt < CALM_MS) this.#settleSoon();
      else this.#write(this.#state, this.#allowance!);
    }, CALM_MS);
  }

  /** When to look whether the counter has expired: a bucket in use is nearly full all the time. */
  #wakeAt(state: CounterState, allowance: Allowance): number {
    const { expiresAt, span } = algorithms[allowance.algorithm];
    return Math.max(expiresAt(state, allowance), Date.now() + span(allowance));
  }

  override async alarm(): Promise<void> {
    const [state, allowance] = [this.#state, this.#allowance];
    if (state !== undefined && allowance !== undefined) {
      if (algorithms[allowance.algorithm].expiresAt(state, allowance) > Date.now()) {
        await this.ctx.storage.setAlarm(this.#wakeAt(state, allowance));
        return;
      }
    }
    this.#state = undefined;
    this.#written = undefined;
    this.#alarmed = false;
    await this.ctx.storage.deleteAll();
  }
}
