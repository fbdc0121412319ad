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

/**
 * One counter, named by its key. It counts by its own clock, which all isolates thereby share.
 *
 * The counter lives in memory. One with a window above ten seconds is also written to storage with every take
 * that is granted, so that eviction, a deployment or a crash does not hand the caller a second allowance; refusals
 * write nothing, so a flood costs no writes. The answer does not wait for the write to be confirmed: a crash
 * within those milliseconds forgets what they granted. Shorter windows cost no writes, and a restart forgives at
 * most ten seconds. An alarm deletes what has expired, so that an unused key leaves nothing behind.
 *
 * A take reads, decides and writes without awaiting anything, so concurrent takes cannot interleave.
 */
export class LimiterObject extends DurableObject {
  #state: SlidingWindow | undefined;
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
      if (windowMs > IDLE_MS) this.#persist(state);
    }
    return grant;
  }

  #persist(state: SlidingWindow): void {
    // A write that fails resets the object, so there is nothing to catch here.
    void this.ctx.storage.put(KEY, state, { allowUnconfirmed: true });
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
    this.#alarmed = false;
    await this.ctx.storage.deleteAll();
  }
}
