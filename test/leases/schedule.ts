import {
  answered,
  arrive,
  askDeadlineMs,
  charge,
  expiryOf,
  failed,
  giveBack,
  holding,
  type Lease,
  nextAsk,
  openLease,
  settle,
} from "../../src/leases/lease.ts";
import { grant, openLedger } from "../../src/leases/ledger.ts";
import type { Ask, Grant } from "../../src/leases/message.ts";
import type { Pool } from "../../src/leases/pool.ts";
import { hear, openRelay, share, wishes } from "../../src/leases/relay.ts";

/** Something that happens to one isolate. */
export interface Step {
  /** Ms since the step before. */
  readonly wait: number;
  readonly isolate: number;
  /** Requests that come at once. */
  readonly requests: number;
  /** Units that each of them costs. */
  readonly cost: number;
  /** Whether what the isolate's step before spent is given back now, unused. */
  readonly giveBack: boolean;
  /** Units that turn out to have been used on top. */
  readonly charged: number;
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
  /** When each unit was used that a request was let through for, by true time, in order. */
  readonly spent: readonly number[];
  /** Refusals that neither the store's emptiness nor its word explains, and asks that it left short. */
  readonly unfounded: readonly string[];
}

interface Isolate {
  lease: Lease;
  /** Costs of requests that wait. */
  waiting: number[];
  /** What its last step spent: until when it may be given back. */
  mayReturn: Array<{ readonly spentAt: number; readonly cost: number; readonly expiresAt: number }>;
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
 * @param slack what each isolate may owe
 */
export function playSchedule<State>(
  pool: Pool<State>,
  count: number,
  steps: readonly Step[],
  { relayed = false, slack = 0 }: { readonly relayed?: boolean; readonly slack?: number } = {},
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
    const lease = openLease(pool.windowMs, slack);
    return { lease, waiting: [], mayReturn: [], offset: index * 977_777, step: undefined };
  });

  const judge = (isolate: Isolate, cost: number, decide: typeof arrive) => {
    const { lease, offset } = isolate;
    const expiresAt = expiryOf(lease, now + offset) ?? 0;
    const { owed } = lease;
    const verdict = decide(lease, now + offset, cost);
    if (verdict === "spend") {
      for (let unit = 0; unit < cost; unit++) spent.push(now);
      if (lease.owed === owed) isolate.mayReturn.push({ spentAt: now, cost, expiresAt });
    } else if (verdict === "wait") isolate.waiting.push(cost);
    else if (verdict === "refuse" && now + offset >= lease.resetAt)
      unfounded.push(`${now}: refused without the store's word`);
  };
  const resume = (isolate: Isolate, lease: Lease) => {
    if (lease !== isolate.lease) return;
    for (const cost of isolate.waiting.splice(0)) judge(isolate, cost, settle);
    send(isolate);
  };
  const giveAllBack = ({ lease, offset, mayReturn }: Isolate) => {
    for (const { spentAt, cost, expiresAt } of mayReturn) {
      giveBack(lease, cost, expiresAt, now + offset);
      spent.splice(spent.indexOf(spentAt), cost);
    }
  };
  const atStore = (ask: Ask): Grant => {
    const { left } = pool.supply(ledger.tokens, now);
    const granted = grant(ledger, pool, ask, now);
    const { tokens } = granted;
    const there = Math.max(0, left - ask.owed);
    const useful = there >= ask.want || there + ask.held >= ask.least;
    if (useful && tokens < Math.min(there, ask.want)) unfounded.push(`${now}: ${tokens} of ${there} granted`);
    if (!useful && tokens > 0) unfounded.push(`${now}: ${tokens} granted that are of no use`);
    if (granted.left === 0 && tokens < there) unfounded.push(`${now}: empty with ${there - tokens}`);
    if (useful && tokens < ask.want && granted.left > 0) unfounded.push(`${now}: left waiting`);
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
  const relay = openRelay(pool.windowMs, pool.limit);
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
    const { wanted, least } = wishes(waiting.map(({ ask }) => ask));
    const next = nextAsk(lease, now + RELAY_OFFSET, wanted, least);
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
    const next = nextAsk(
      lease,
      now + isolate.offset,
      isolate.waiting.reduce((sum, cost) => sum + cost, 0),
      isolate.waiting.length > 0 ? Math.min(...isolate.waiting) : 1,
    );
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
        isolate.lease = openLease(pool.windowMs, slack);
        isolate.waiting = [];
        isolate.mayReturn = [];
      }
      if (step.clockJump === "back") isolate.offset = Math.min(isolate.offset, isolate.lease.now - now - 1);
      else isolate.offset += step.clockJump;
      if (!Number.isFinite(isolate.offset)) isolate.offset = 0;
      if (step.giveBack) giveAllBack(isolate);
      isolate.mayReturn = [];
      if (step.charged > 0) charge(isolate.lease, step.charged, now + isolate.offset);
      for (let index = 0; index < step.requests; index++) judge(isolate, step.cost, arrive);
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
