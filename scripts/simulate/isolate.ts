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
} from "../../src/leases/lease.ts";
import type { Ask, Grant } from "../../src/leases/message.ts";
import type { Timeline } from "./timeline.ts";

/** How an isolate reaches the store. */
export type Send = (ask: Ask, reply: (grant: Grant) => void) => void;

/** What isolates report of single requests. */
export interface Watcher {
  spent(now: number, waitedMs: number): void;
  refused(now: number, waitedMs: number): void;
  /** An ask is sent. */
  asked(): void;
}

/** An isolate that serves one key with leases: the real code, its I/O simulated. */
export class LeasingIsolate {
  readonly #timeline: Timeline;
  readonly #send: Send;
  readonly #watcher: Watcher;
  readonly #waiting: number[] = [];
  readonly #relayed: boolean;
  #lease: Lease;
  readonly #windowMs: number;

  /** @param relayed false where it is to find out that many ask, and to ask a relay then */
  constructor(timeline: Timeline, windowMs: number, send: Send, watcher: Watcher, relayed = true) {
    this.#timeline = timeline;
    this.#windowMs = windowMs;
    this.#send = send;
    this.#watcher = watcher;
    this.#relayed = relayed;
    this.#lease = openLease(windowMs, 0, relayed);
  }

  /** A request comes. */
  request(): void {
    const { now } = this.#timeline;
    this.#conclude(arrive(this.#lease, now), now);
    this.#ask();
  }

  /** Everything that it holds is lost; the isolate begins anew. */
  crash(): void {
    this.#lease = openLease(this.#windowMs, 0, this.#relayed);
    this.#waiting.length = 0;
  }

  /** Tokens that could be spent now. */
  get held(): number {
    return holding(this.#lease, this.#timeline.now);
  }

  /** Whether it asks the relay of its location. */
  get relayed(): boolean {
    return this.#lease.relayed;
  }

  #conclude(verdict: ReturnType<typeof settle>, since: number): boolean {
    const { now } = this.#timeline;
    if (verdict === "wait") {
      this.#waiting.push(since);
      return false;
    }
    this.#watcher[verdict === "spend" ? "spent" : "refused"](now, now - since);
    return true;
  }

  #ask(): void {
    const lease = this.#lease;
    const { now } = this.#timeline;
    const next = nextAsk(lease, now, this.#waiting.length);
    if (next === undefined) return;
    this.#watcher.asked();
    this.#send(next.ask, (grant) => {
      answered(lease, next.id, grant, this.#timeline.now);
      this.#resume(lease);
    });
    this.#timeline.after(askDeadlineMs(lease), () => {
      failed(lease, next.id, this.#timeline.now);
      this.#resume(lease);
    });
  }

  #resume(lease: Lease): void {
    // An isolate that has crashed since hears nothing any more.
    if (lease !== this.#lease) return;
    for (const since of this.#waiting.splice(0)) this.#conclude(settle(lease, this.#timeline.now), since);
    this.#ask();
  }
}
