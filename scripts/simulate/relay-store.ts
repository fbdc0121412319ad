import { answered, askDeadlineMs, failed, holding, nextAsk } from "../../src/leases/lease.ts";
import type { Ask, Grant } from "../../src/leases/message.ts";
import { hear, openRelay, type Relay, share, wishes } from "../../src/leases/relay.ts";
import type { Send } from "./isolate.ts";
import type { Timeline } from "./timeline.ts";

/** The object of one location for one key: asks wait in it while it asks the key's own store. */
export class RelayStore {
  readonly #timeline: Timeline;
  readonly #send: Send;
  readonly #relay: Relay;
  readonly #waiting: Array<{ readonly ask: Ask; readonly reply: (grant: Grant) => void }> = [];
  #busyUntil = 0;

  constructor(timeline: Timeline, windowMs: number, limit: number, send: Send) {
    this.#timeline = timeline;
    this.#send = send;
    this.#relay = openRelay(windowMs, limit);
  }

  /** Takes an ask that has arrived; it takes a millisecond, as the key's own store does. */
  ask(ask: Ask, reply: (grant: Grant) => void): void {
    const { now } = this.#timeline;
    this.#busyUntil = Math.max(now, this.#busyUntil) + 1;
    this.#timeline.after(this.#busyUntil - now, () => {
      hear(this.#relay, ask, this.#timeline.now);
      this.#waiting.push({ ask, reply });
      this.#resume();
    });
  }

  #resume(): void {
    const { now } = this.#timeline;
    const relay = this.#relay;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const grant = share(relay, first.ask, now);
      if (grant === undefined) break;
      this.#waiting.shift();
      first.reply(grant);
    }
    const { wanted, least } = wishes(this.#waiting.map(({ ask }) => ask));
    const next = nextAsk(relay.lease, now, wanted, least);
    if (next === undefined) return;
    this.#send(next.ask, (grant) => {
      const { now } = this.#timeline;
      answered(relay.lease, next.id, grant, now);
      relay.stock = holding(relay.lease, now);
      this.#resume();
    });
    this.#timeline.after(askDeadlineMs(relay.lease), () => {
      failed(relay.lease, next.id, this.#timeline.now);
      this.#resume();
    });
  }
}
