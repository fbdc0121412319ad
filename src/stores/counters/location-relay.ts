import { answered, askDeadlineMs, failed, holding, nextAsk } from "../../leases/lease.ts";
import type { Ask, Grant } from "../../leases/message.ts";
import { hear, openRelay, type Relay, share, wishes } from "../../leases/relay.ts";
import type { Allowance } from "./counter-store.ts";
import { within } from "./time-bound.ts";

/** Asks the key's own object. */
type Upstream = (allowance: Allowance, ask: Ask) => Promise<Grant>;

/** Who has asked for longer than this, in ms, no longer waits: what it were granted would be lost. */
const LONGEST_WAIT = 1_000;

interface Waiting {
  readonly ask: Ask;
  readonly since: number;
  readonly resolve: (grant: Grant | undefined) => void;
}

/**
 * Serves the isolates of one location out of a lease of its own. They wait while it asks the key's own object, one ask at
 * a time; when that gives no answer, all who wait are told at once. It is kept in memory only: when it is gone, its
 * tokens are.
 */
export class LocationRelay {
  readonly #relay: Relay;
  readonly #upstream: Upstream;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  /** The newest that was asked with: a key's limit may change. */
  #allowance: Allowance;

  /** @param now ms by one clock */
  constructor(allowance: Allowance, upstream: Upstream, now: () => number) {
    this.#allowance = allowance;
    this.#relay = openRelay(allowance.windowMs, allowance.burst);
    this.#upstream = upstream;
    this.#now = now;
  }

  /** Whether what it holds is of such a counter. */
  serves({ algorithm, windowMs }: Allowance): boolean {
    return this.#allowance.algorithm === algorithm && this.#allowance.windowMs === windowMs;
  }

  /** Answers an ask; undefined once the key's own object has not answered. */
  ask(allowance: Allowance, ask: Ask): Promise<Grant | undefined> {
    this.#allowance = allowance;
    const since = this.#now();
    hear(this.#relay, ask, since);
    return new Promise((resolve) => {
      this.#waiting.push({ ask, since, resolve });
      this.#resume();
    });
  }

  #resume(): void {
    const now = this.#now();
    const { lease } = this.#relay;
    this.#waiting = this.#waiting.filter((each) => now - each.since <= LONGEST_WAIT || this.#refuse(each));
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const granted = share(this.#relay, first.ask, now);
      if (granted === undefined) break;
      this.#waiting.shift();
      first.resolve(granted);
    }
    const { wanted, least } = wishes(this.#waiting.map(({ ask }) => ask));
    const next = nextAsk(lease, now, wanted, least);
    if (next !== undefined) void this.#askUpstream(next.id, next.ask);
    // Nobody is waited for who is not asked.
    if (lease.pending === undefined) this.#waiting = this.#waiting.filter((each) => this.#refuse(each));
  }

  async #askUpstream(id: number, ask: Ask): Promise<void> {
    const relay = this.#relay;
    try {
      const granted = await within(askDeadlineMs(relay.lease), this.#upstream(this.#allowance, ask), "relay");
      answered(relay.lease, id, granted, this.#now());
      relay.stock = holding(relay.lease, this.#now());
    } catch {
      failed(relay.lease, id, this.#now());
    }
    this.#resume();
  }

  /** Who is told that there is no answer goes on owing what it said: it will say so again. */
  #refuse({ ask, resolve }: Waiting): false {
    const { lease } = this.#relay;
    lease.owed = Math.max(0, lease.owed - ask.owed);
    resolve(undefined);
    return false;
  }
}
