import { DurableObject } from "cloudflare:workers";
import type { Ask, Grant as Lease } from "../../leases/message.ts";
import { leaseOf } from "./answers.ts";
import { checkAllowance, checkAsk, checkUnits } from "./asked.ts";
import type { Allowance, Grant, Outlook } from "./counter-store.ts";
import type { LimiterNamespace } from "./durable-object.ts";
import { CALM_MS, type Keeping } from "./keeping.ts";
import { KeptCounter, type StoredCounter } from "./kept-counter.ts";
import { KeptLedger, type StoredLedger } from "./kept-ledger.ts";
import { LocationRelay } from "./location-relay.ts";

/** Where the object keeps its counter, and its ledger. */
const COUNTER = "counter";
const LEDGER = "ledger";

/**
 * One counter, named by its key: one that is taken from, or one that is leased from. Or, named for a key and a location,
 * a relay that leases on to the isolates there. It counts by its own clock, which all isolates thereby share.
 *
 * What it counts lives in memory. What looks back further than ten seconds is also written to storage, so that
 * eviction, a deployment or a crash does not hand the caller a second allowance. Under traffic what is written runs
 * ahead by one per cent of the limit and is written again when the count has caught up; once traffic has paused for a
 * second, the exact count is written. So an eviction forgets nothing, and a crash never grants more than the limit, and
 * at worst one per cent less. Refusals write nothing. Shorter counters cost no writes, and a restart forgives at most
 * ten seconds. An alarm deletes what has expired, so that an unused key leaves nothing behind.
 *
 * The answer to a take does not wait for the write to be confirmed: a crash within those milliseconds forgets what they
 * granted. A lease may be a large part of the limit, and few are asked for: its answer waits.
 *
 * A call reads, decides and writes without awaiting anything, so concurrent ones cannot interleave.
 */
export class LimiterObject extends DurableObject {
  readonly #counter: KeptCounter;
  readonly #ledger: KeptLedger;
  #relay: LocationRelay | undefined;
  #alarmed: boolean;
  /** Set while a timer waits for traffic to pause. */
  #settling = false;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { storage } = ctx;
    const counter = storage.kv.get<StoredCounter>(COUNTER);
    const ledger = storage.kv.get<StoredLedger>(LEDGER);
    // A write that fails resets the object, so there is nothing to catch here.
    this.#counter = new KeptCounter(counter, (stored) => {
      void storage.put<StoredCounter>(COUNTER, stored, { allowUnconfirmed: true });
      this.#wake(this.#counter);
    });
    this.#ledger = new KeptLedger(ledger, Date.now(), (stored) => {
      void storage.put<StoredLedger>(LEDGER, stored);
      this.#wake(this.#ledger);
    });
    // The alarm is set together with the first write.
    this.#alarmed = counter !== undefined || ledger !== undefined;
  }

  /** See `CounterStore.take`. */
  take(allowance: Allowance, cost: number): Grant {
    checkUnits({ allowance, cost });
    return this.#kept(this.#counter, this.#counter.take(allowance, cost, Date.now()));
  }

  /** See `CounterStore.peek`. */
  peek(allowance: Allowance): Outlook {
    checkAllowance(allowance);
    return this.#counter.peek(allowance, Date.now());
  }

  /** See `CounterStore.refund`. */
  refund(allowance: Allowance, cost: number, at: number): void {
    checkUnits({ allowance, cost });
    if (!Number.isSafeInteger(at)) throw new RangeError("a time that makes no sense");
    this.#kept(this.#counter, this.#counter.refund(allowance, cost, at, Date.now()));
  }

  /** See `CounterStore.charge`. */
  charge(allowance: Allowance, units: number): void {
    checkUnits({ allowance, cost: units });
    this.#kept(this.#counter, this.#counter.charge(allowance, units, Date.now()));
  }

  /** See `CounterStore.lease`. */
  lease(allowance: Allowance, ask: Ask): Lease {
    checkAsk(ask, allowance);
    return this.#kept(this.#ledger, this.#ledger.lease(allowance, ask, Date.now()));
  }

  /** The same out of what this location holds of the key; undefined where the key's own object does not answer. */
  relay(key: string, allowance: Allowance, ask: Ask): Promise<Lease | undefined> {
    checkAsk(ask, allowance);
    if (!this.#relay?.serves(allowance)) {
      const { LimiterObject } = this.ctx.exports as unknown as { readonly LimiterObject: LimiterNamespace };
      // Each call with a stub of its own: one that has failed once stays broken.
      const upstream = async (allowed: Allowance, next: Ask) =>
        leaseOf(await LimiterObject.getByName(key).lease(allowed, next), allowed, "durable-object");
      this.#relay = new LocationRelay(allowance, upstream, Date.now);
    }
    return this.#relay.ask(allowance, ask);
  }

  /** Has the exact count written once traffic has paused. A waiting timer keeps the object in memory. */
  #kept<Answer>(kept: Keeping, answer: Answer): Answer {
    if (!kept.exact && !this.#settling) this.#settleSoon();
    return answer;
  }

  #settleSoon(): void {
    this.#settling = true;
    setTimeout(() => {
      this.#settling = false;
      for (const kept of [this.#counter, this.#ledger]) {
        if (kept.exact) continue;
        if (Date.now() - kept.changedAt >= CALM_MS) kept.settle();
        else if (!this.#settling) this.#settleSoon();
      }
    }, CALM_MS);
  }

  #wake(kept: Keeping): void {
    if (this.#alarmed) return;
    this.#alarmed = true;
    void this.ctx.storage.setAlarm(kept.wakeAt(Date.now()), { allowUnconfirmed: true });
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    const all = [this.#counter, this.#ledger];
    if (all.some(({ expiresAt }) => expiresAt > now)) {
      // What is read from storage is younger than what was written, unless that is exact.
      for (const kept of all) kept.settle();
      await this.ctx.storage.setAlarm(Math.max(...all.map((kept) => kept.wakeAt(now))));
      return;
    }
    for (const kept of all) kept.clear();
    this.#alarmed = false;
    await this.ctx.storage.deleteAll();
  }
}
