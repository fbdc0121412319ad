import { DurableObject } from "cloudflare:workers";
import type { Grant } from "./counter-store.ts";
import { expiresAt, type SlidingWindow, takeFromSlidingWindow } from "./sliding-window.ts";

/** Where the object keeps its counter. */
const KEY = "window";

/**
 * The platform may drop an idle object from memory after ten seconds. A window no longer than that has passed by
 * then, so only longer ones need storage.
 */
const IDLE_MS = 10_000;

/** A write covers the takes to come, up to this share of the limit: at most a hundred writes a window. */
const WRITE_AHEAD = 1 / 100;

/**
 * One counter, named by its key. It counts by its own clock, which all isolates thereby share.
 *
 * The counter lives in memory. One with a window above ten seconds is also written to storage, so that eviction,
 * a deployment or a crash does not hand the caller a second allowance. What is written runs ahead by one per cent
 * of the limit and is written again when the count has caught up: a restart never grants more than the limit, and
 * at worst one per cent less. Refusals write nothing. The answer does not wait for the write to be confirmed: a
 * crash within those milliseconds forgets what they granted. Shorter windows cost no writes, and a restart
 * forgives at most ten seconds. An alarm deletes what has expired, so that an unused key leaves nothing behind.
 *
 * A take reads, decides and writes without awaiting anything, so concurrent takes cannot interleave.
 */
export class LimiterObject extends DurableObject {
  #state: SlidingWindow | undefined;
  /** What storage holds: never less than what has been taken. */
  #written: SlidingWindow | undefined;
  #alarmed: boolean;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#state = ctx.storage.kv.get<SlidingWindow>(KEY);
    // The alarm is set together with the first write.
    this.#alarmed = this.#state !== undefined;
  }

  /** Takes `cost` units; see `CounterStore.take`. */
  take(limit: number, windowMs: number, cost: number): Grant {
    const { state, grant } = takeFromSlidingWindow(this.#state, { limit, windowMs, cost }, Date.now());
    if (state !== undefined && state !== this.#state) {
      this.#state = state;
      if (windowMs > IDLE_MS && !this.#covered(state)) this.#persist(state, Math.floor(limit * WRITE_AHEAD));
    }
    return grant;
  }

  #covered({ windowMs, window, current }: SlidingWindow): boolean {
    const written = this.#written;
    return written?.windowMs === windowMs && written.window === window && current <= written.current;
  }

  #persist(state: SlidingWindow, ahead: number): void {
    this.#written = { ...state, current: state.current + ahead };
    // A write that fails resets the object, so there is nothing to catch here.
    void this.ctx.storage.put(KEY, this.#written, { allowUnconfirmed: true });
    if (!this.#alarmed) {
      this.#alarmed = true;
      void this.ctx.storage.setAlarm(expiresAt(state), { allowUnconfirmed: true });
    }
  }

  override async alarm(): Promise<void> {
    if (this.#state !== undefined && expiresAt(this.#state) > Date.now()) {
      await this.ctx.storage.setAlarm(expiresAt(this.#state));
      return;
    }
    this.#state = undefined;
    this.#written = undefined;
    this.#alarmed = false;
    await this.ctx.storage.deleteAll();
  }
}
