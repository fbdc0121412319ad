import type { Ask, Grant as Lease } from "../../leases/message.ts";
import { grantOf, leaseOf, outlookOf } from "./answers.ts";
import {
  type Allowance,
  CounterStoreError,
  type Grant,
  type Outlook,
  type SharedCounterStore,
} from "./counter-store.ts";
import { within } from "./time-bound.ts";

const STORE = "durable-object";

/** What the store needs of the namespace of `LimiterObject`s: `ctx.exports.LimiterObject`, or a binding. */
export interface LimiterNamespace {
  getByName(name: string): LimiterStub;
}

/** One counter, or what serves a location of it. */
interface LimiterStub {
  take(allowance: Allowance, cost: number): Promise<Grant>;
  peek(allowance: Allowance): Promise<Outlook>;
  refund(allowance: Allowance, cost: number, at: number): Promise<void>;
  charge(allowance: Allowance, units: number): Promise<void>;
  lease(allowance: Allowance, ask: Ask): Promise<Lease>;
  /** Of an object that is named for the key and a location. */
  relay(key: string, allowance: Allowance, ask: Ask): Promise<Lease | undefined>;
}

/**
 * Counters in Durable Objects: exact over the globe, with nothing to set up.
 *
 * There is one object per key, not a fixed number of shards, because
 * - a caller who floods (refusals are calls too, and one object serves some 1,000 a second) slows only their own
 *   counter; in a shared shard they would time out everybody else's and so refuse them;
 * - an object lives where it was first asked for, so a caller's counter is near the caller, while a shard is near
 *   whoever came first and a hemisphere away from the others, on every request;
 * - nothing needs to be resized.
 *
 * A key that so many isolates lease from that they would queue is asked through relays, one a location: the same objects
 * by other names.
 *
 * The price: the first use of a name is checked round the world, which Cloudflare documents as up to a few
 * hundred ms once per key. Choose `timeoutMs`, and the deadlines of limited routes, above that, or new callers are
 * refused where the limit fails closed.
 * @param timeoutMs after this a call rejects.
 */
export function createDurableObjectStore(
  namespace: LimiterNamespace,
  { timeoutMs }: { readonly timeoutMs: number },
): SharedCounterStore {
  async function call<T>(key: string, left: number, use: (limiter: LimiterStub) => Promise<T>): Promise<T> {
    try {
      // A stub that has failed once stays broken, so each call makes its own; that costs nothing.
      return await within(Math.min(timeoutMs, left), use(namespace.getByName(key)), STORE);
    } catch (error) {
      if (error instanceof CounterStoreError) throw error;
      throw new CounterStoreError(STORE, error instanceof Error ? error.message : String(error));
    }
  }

  return {
    remote: true,
    take: ({ key, allowance, cost }, left = timeoutMs) =>
      call(key, left, async (limiter) => grantOf(await limiter.take(allowance, cost), allowance, STORE)),
    peek: ({ key, allowance }, left = timeoutMs) =>
      call(key, left, async (limiter) => outlookOf(await limiter.peek(allowance), allowance, STORE)),
    refund: ({ key, allowance, cost, at }) =>
      call(key, timeoutMs, (limiter) => limiter.refund(allowance, cost, at)),
    charge: ({ key, allowance, cost }) => call(key, timeoutMs, (limiter) => limiter.charge(allowance, cost)),
    lease: ({ key, allowance, ask, location }, left = timeoutMs) =>
      location === undefined
        ? call(key, left, async (limiter) => leaseOf(await limiter.lease(allowance, ask), allowance, STORE))
        : call(`${location}@${key}`, left, async (relay) => {
            const granted = await relay.relay(key, allowance, ask);
            if (granted === undefined) throw new CounterStoreError(STORE, "the relay has no answer");
            return leaseOf(granted, allowance, STORE);
          }),
  };
}
