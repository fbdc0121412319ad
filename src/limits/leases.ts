import { Generations } from "../generations.ts";
import {
  answered,
  arrive,
  askDeadlineMs,
  charge,
  expiryOf,
  failed,
  giveBack,
  type Lease,
  nextAsk,
  openLease,
  settle,
} from "../leases/lease.ts";
import type { Ask } from "../leases/message.ts";
import type { Allowance, Grant, Refund, SharedCounterStore, Take } from "../stores/counters/counter-store.ts";
import type { Limited } from "./attempt.ts";
import { refused, spent } from "./leased-grant.ts";

/** Who asks: the request that a token is for, whose time and connections are used. */
export type Asking = Pick<Limited, "budget" | "execution"> & { readonly request?: Request };

/** How a limit's counters are leased. */
export interface Terms {
  /** Units that an isolate may let through at a time before the store knows of them. */
  readonly slack: number;
  /** Whether many isolates are known to ask: then the relay of the location is asked from the beginning. */
  readonly relayed: boolean;
}

/** An ask under way. Other requests than the one that sent it may wait for it, and outlive it. */
interface Flight {
  readonly id: number;
  /** When it is given up, in ms since the epoch. */
  readonly until: number;
  /** Settles, and never rejects, when it has been answered or has failed. */
  readonly done: Promise<void>;
}

/** A request that waits for units. */
interface Waiter {
  readonly cost: number;
  /** When its time is over, in ms since the epoch. */
  readonly until: number;
}

/** What the isolate has of one counter. */
interface Held {
  readonly lease: Lease;
  readonly key: string;
  /** As the last request has it. */
  allowance: Allowance;
  readonly waiting: Set<Waiter>;
  flight: Flight | undefined;
  /** Whether somebody sees to it that the store hears of what is owed. */
  telling: boolean;
  /** Why the store gave no answer the last time. */
  failure: unknown;
}

/** Counters of which an isolate holds tokens at a time, a kilobyte each: of what goes unasked longest the tokens are lost. */
const MOST = 50_000;
/** How often, and after how many ms each, it is tried to tell a store of what is owed that cannot be told now. */
const TURNS = 10;
const TURN = 1_000;
/**
 * The clock stands still while code runs, so what it says is up to this old, in ms: leases end so much earlier. No
 * request takes the gateway longer to judge without waiting for anything.
 */
const FROZEN = 10;

/**
 * An isolate's leases: it spends what it holds of each counter by itself, and asks the store for more. The decisions are
 * made in `../leases/lease.ts`; what is here sends, waits and keeps.
 */
export class Leases {
  readonly #store: Pick<SharedCounterStore, "lease">;
  readonly #now: () => number;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #held = new Generations<Held>(MOST);
  /** Where the isolate is; it never moves. */
  #location: string | undefined;

  /** @param pause waits so many ms before a store is told what it could not be told */
  constructor(
    store: Pick<SharedCounterStore, "lease">,
    now: () => number,
    pause: (ms: number) => Promise<void> = (ms) => orAfter(ms),
  ) {
    this.#store = store;
    this.#now = now;
    this.#pause = pause;
  }

  /**
   * As a store's `take`; at once where the isolate holds what is asked for, or knows that there is nothing.
   * @param terms what of the limit says how its counter is leased
   * @throws where the store gives no answer, or gave none a moment ago
   */
  take(take: Take, terms: Terms, ctx: Asking): Grant | Promise<Grant> {
    const held = this.#of(take, terms);
    const { lease } = held;
    const now = this.#now();
    const at = expiryOf(lease, now) ?? 0;
    const verdict = arrive(lease, now, take.cost);
    if (verdict === "wait") return this.#wait(held, take.cost, ctx);
    if (verdict === "down") throw held.failure;
    // What is refused needs no tokens ahead; but what is owed is told.
    if (verdict === "spend" || lease.owed > 0) this.#ask(held, now, ctx);
    return verdict === "spend" ? spent(held, at, now) : refused(held, take.cost, now);
  }

  /** As a store's `refund`. What can no longer be spent, or was let through unheld, is not given back. */
  refund({ key, cost, at }: Refund): void {
    const held = this.#held.get(key);
    if (held !== undefined) giveBack(held.lease, cost, at, this.#now());
  }

  /** As a store's `charge`: what is held pays, and the store is told of the rest, at once or within seconds. */
  charge(take: Take, terms: Terms, ctx: Asking): void {
    const held = this.#of(take, terms);
    charge(held.lease, take.cost, this.#now());
    if (held.telling || held.lease.owed === 0) return;
    held.telling = true;
    ctx.execution.waitUntil(this.#tell(held, ctx));
  }

  /** What it cannot tell for so long is told by whoever asks next. */
  async #tell(held: Held, ctx: Asking): Promise<void> {
    for (let turn = 0; held.lease.owed > 0 && turn < TURNS; turn++) {
      const now = this.#now();
      this.#ask(held, now, ctx);
      const { flight } = held;
      if (flight === undefined) await this.#pause(TURN);
      else await this.#answerTo(held, flight.until - now);
    }
    held.telling = false;
  }

  #of({ key, allowance }: Take, { slack, relayed }: Terms): Held {
    const known = this.#held.get(key);
    if (known !== undefined) {
      known.allowance = allowance;
      return known;
    }
    const lease = openLease(allowance.windowMs, slack, relayed);
    const held: Held = {
      lease,
      key,
      allowance,
      waiting: new Set(),
      flight: undefined,
      telling: false,
      failure: undefined,
    };
    this.#held.set(key, held);
    return held;
  }

  /** Waits for asks until what the request needs is there, or is known not to be. */
  async #wait(held: Held, cost: number, ctx: Asking): Promise<Grant> {
    const { lease } = held;
    const waiter: Waiter = { cost, until: ctx.budget.deadlineAt };
    held.waiting.add(waiter);
    try {
      for (;;) {
        const sent = this.#now();
        this.#ask(held, sent, ctx);
        await this.#answerTo(held, ctx.budget.remaining(sent));
        const now = this.#now();
        const at = expiryOf(lease, now) ?? 0;
        const verdict = settle(lease, now, cost);
        if (verdict === "spend") return spent(held, at, now);
        if (verdict === "refuse") return refused(held, cost, now);
        if (verdict === "down") throw held.failure;
        if (ctx.budget.remaining(now) === 0) throw new Error("no answer in the request's time");
      }
    } finally {
      held.waiting.delete(waiter);
    }
  }

  /**
   * Waits for the ask under way, but not for longer than `ms`, and gives it up when its time is over: it may have gone
   * down with its request.
   */
  async #answerTo(held: Held, ms: number): Promise<void> {
    const { flight } = held;
    if (flight === undefined) return;
    await orAfter(Math.min(flight.until - this.#now(), ms), flight.done);
    const later = this.#now();
    if (held.flight === flight && later >= flight.until) fail(held, flight.id, later, LATE);
  }

  /** Asks the store, where there is something to ask for; nobody needs to wait for it. */
  #ask(held: Held, now: number, ctx: Asking): void {
    let [waiting, least] = [0, 1];
    for (const waiter of held.waiting) {
      if (now > waiter.until) {
        // Its request was called off, and so did not take it away.
        held.waiting.delete(waiter);
        continue;
      }
      least = waiting === 0 ? waiter.cost : Math.min(least, waiter.cost);
      waiting += waiter.cost;
    }
    const next = nextAsk(held.lease, now, waiting, least);
    if (next === undefined) return;
    const ms = askDeadlineMs(held.lease);
    this.#location ??= (ctx.request?.cf as { colo?: string } | undefined)?.colo;
    const done = this.#send(held, next, ms, ctx.budget);
    held.flight = { id: next.id, until: now + ms, done };
    ctx.execution.waitUntil(done);
  }

  async #send(
    held: Held,
    { id, ask }: { readonly id: number; readonly ask: Ask },
    ms: number,
    budget: Asking["budget"],
  ): Promise<void> {
    const { lease, key, allowance } = held;
    const location = lease.relayed ? this.#location : undefined;
    try {
      const slot = budget.acquire();
      if (slot !== undefined) await slot;
      try {
        const { ttlMs, ...rest } = await this.#store.lease({ key, allowance, ask, location }, ms);
        answered(lease, id, { ...rest, ttlMs: Math.max(0, ttlMs - FROZEN) }, this.#now());
      } finally {
        budget.release();
      }
    } catch (error) {
      fail(held, id, this.#now(), error);
    }
    if (held.flight?.id === id) held.flight = undefined;
  }
}

const LATE = new Error("no answer in time");

function fail(held: Held, id: number, now: number, error: unknown): void {
  held.failure = error;
  failed(held.lease, id, now);
  if (held.flight?.id === id) held.flight = undefined;
}

/** Waits so many ms, or until the work is done. */
function orAfter(ms: number, work?: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    let over = false;
    const timer = setTimeout(
      () => {
        over = true;
        resolve();
      },
      Math.max(0, ms),
    );
    // The work may be another request's: who has gone on without it is left alone, or the platform complains.
    void work?.then(() => {
      if (over) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
