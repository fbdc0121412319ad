import {
  answered,
  arrive,
  askDeadlineMs,
  failed,
  holding,
  type Lease,
  nextAsk,
  openLease,
  settle,
  type Verdict,
} from "../../src/leases/lease.ts";
import { grant, openLedger } from "../../src/leases/ledger.ts";
import type { Ask, Grant } from "../../src/leases/message.ts";
import type { Pool } from "../../src/leases/pool.ts";
import { hear, openRelay, share } from "../../src/leases/relay.ts";

/** Something that happens to one isolate. */
export interface Step {
  /** Ms since the step before. */
  readonly wait: number;
  readonly isolate: number;
  /** Requests that come at once. */
  readonly requests: number;
  /** Ms that asks of this isolate take from now on. */
  readonly trip: { readonly there: number; readonly back: number };
  /** What is lost of asks that are sent from now on. */
  readonly loss: "none" | "ask" | "answer";
  /** The answer comes again so many ms later. */
  readonly again: number | undefined;
  /** Whether the isolate dies before. */
  readonly crash: boolean;
  /** By how much its clock jumps ahead; "back" is behind what it has shown last. */
  readonly clockJump: number | "back";
}

/** What a schedule came to. */
export interface Played {
  /** When requests were let through, by true time, in order. */
  readonly spent: readonly number[];
  /** Refusals that neither the store's emptiness nor its word explains, and asks that it left short. */
  readonly unfounded: readonly string[];
}

interface Isolate {
  lease: Lease;
  waiting: number;
  /** Its clock less true time. */
  offset: number;
  step: Step | undefined;
}

type Reply = (granted: Grant) => void;

/** The relay's clock less true time. */
const RELAY_OFFSET = 4_444_444;
const START = 1_000_000;
/** The end of everything that is under way. */
const DRAIN = 60_000;

/**
 * Plays a schedule in true time, which is the store's clock.
 * @param relayed whether isolates ask a relay, which is near them and as far from the store as the schedule says.
 */
export function playSchedule<State>(
  pool: Pool<State>,
  count: number,
  steps: readonly Step[],
  relayed = false,
): Played {
  const ledger = openLedger(pool);
  const events: Array<{ at: number; run: () => void }> = [];
  const spent: number[] = [];
  const unfounded: string[] = [];
  let now = START;
  const after = (ms: number, run: () => void) => {
    const at = now + ms;
    const place = events.findLastIndex((event) => event.at <= at) + 1;
    events.splice(place, 0, { at, run });
  };
  const isolates = Array.from({ length: count }, (_, index): Isolate => {
    return { lease: openLease(pool.windowMs), waiting: 0, offset: index * 977_777, step: undefined };
  });

  const conclude = (isolate: Isolate, verdict: Verdict) => {
    if (verdict === "spend") spent.push(now);
    else if (verdict === "wait") isolate.waiting++;
    else if (verdict === "refuse" && now + isolate.offset >= isolate.lease.emptyUntil)
      unfounded.push(`${now}: refused without the store's word`);
  };
  const resume = (isolate: Isolate, lease: Lease) => {
    if (lease !== isolate.lease) return;
    const { waiting } = isolate;
    isolate.waiting = 0;
    for (let index = 0; index < waiting; index++) conclude(isolate, settle(lease, now + isolate.offset));
    send(isolate);
  };
  const atStore = (ask: Ask): Grant => {
    const { left } = pool.supply(ledger.tokens, now);
    const granted = grant(ledger, pool, ask, now);
    const { tokens, retryAfterMs } = granted;
    if (tokens < Math.min(left, ask.want)) unfounded.push(`${now}: ${tokens} of ${left} granted`);
    if (retryAfterMs > 0 && tokens < left) unfounded.push(`${now}: empty with ${left - tokens}`);
    if (tokens < ask.want && retryAfterMs === 0) unfounded.push(`${now}: left waiting`);
    return granted;
  };
  /** An ask on its way to the store, through what the step says goes wrong. */
  const toStore = (ask: Ask, { trip, loss, again }: Step, reply: Reply) => {
    if (loss === "ask") return;
    after(trip.there, () => {
      const granted = atStore(ask);
      if (loss === "answer") return;
      after(trip.back, () => reply(granted));
      if (again !== undefined) after(trip.back + again, () => reply(granted));
    });
  };
  const relay = openRelay(pool.windowMs);
  const waiting: Array<{ ask: Ask; reply: Reply }> = [];
  const pass = (step: Step) => {
    const { lease } = relay;
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const shared = share(relay, first.ask, now + RELAY_OFFSET);
      if (shared === undefined) break;
      waiting.shift();
      const { reply } = first;
      after(1, () => reply(shared));
      if (step.again !== undefined) after(1 + step.again, () => reply(shared));
    }
    const wanted = waiting.reduce((sum, { ask }) => sum + ask.want, 0);
    const next = nextAsk(lease, now + RELAY_OFFSET, wanted);
    if (next === undefined) return;
    after(askDeadlineMs(lease), () => {
      failed(lease, next.id, now + RELAY_OFFSET);
      pass(step);
    });
    toStore(next.ask, step, (granted) => {
      answered(lease, next.id, granted, now + RELAY_OFFSET);
      relay.stock = holding(lease, now + RELAY_OFFSET);
      pass(step);
    });
  };
  const toRelay = (ask: Ask, step: Step, reply: Reply) => {
    after(1, () => {
      hear(relay, ask, now + RELAY_OFFSET);
      waiting.push({ ask, reply });
      pass(step);
    });
  };
  const send = (isolate: Isolate) => {
    const { lease, step } = isolate;
    const next = nextAsk(lease, now + isolate.offset, isolate.waiting);
    if (next === undefined || step === undefined) return;
    after(askDeadlineMs(lease), () => {
      failed(lease, next.id, now + isolate.offset);
      resume(isolate, lease);
    });
    (relayed ? toRelay : toStore)(next.ask, step, (granted) => {
      answered(lease, next.id, granted, now + isolate.offset);
      resume(isolate, lease);
    });
  };

  let at = START;
  for (const step of steps) {
    at += step.wait;
    after(at - START, () => {
      const isolate = isolates[step.isolate]!;
      isolate.step = step;
      if (step.crash) {
        isolate.lease = openLease(pool.windowMs);
        isolate.waiting = 0;
      }
      if (step.clockJump === "back") isolate.offset = Math.min(isolate.offset, isolate.lease.now - now - 1);
      else isolate.offset += step.clockJump;
      if (!Number.isFinite(isolate.offset)) isolate.offset = 0;
      for (let index = 0; index < step.requests; index++)
        conclude(isolate, arrive(isolate.lease, now + isolate.offset));
      send(isolate);
    });
  }
  const end = at + DRAIN;
  for (let event = events.shift(); event !== undefined && event.at <= end; event = events.shift()) {
    now = event.at;
    event.run();
  }
  return { spent, unfounded };
}
