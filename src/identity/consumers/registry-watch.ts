import type { RequestContext } from "../../context.ts";
import type { ConsumerRegistry } from "../../stores/consumers/consumer-registry.ts";
import { within } from "../keys/within.ts";

/** The registry has as long as this to answer, in ms. */
export const LOOKUP_MS = 3_000;
/** After a question that was not answered the next waits as long as this, in ms. */
const RETRY_MS = 1_000;

/** What a watch works with. */
export interface WatchTools {
  readonly registry: Pick<ConsumerRegistry, "news">;
  readonly now: () => number;
  /** Is told of whom nothing may be believed any more that was said before. */
  readonly changed: (consumers: ReadonlySet<string>) => void;
}

/**
 * Asks the registry what is new, once for all that an isolate knows, in place of asking again about each key and
 * consumer. What was asked for after the watch began may be believed as if it had been asked for when the latest
 * question went out: had it changed by then, the answer would have named its consumer.
 */
export class RegistryWatch {
  readonly #tools: WatchTools;
  /** The newest line of the audit log that is known of. */
  #line: number | undefined;
  /** No line that was written after this can have gone unnoticed. */
  #since = Number.POSITIVE_INFINITY;
  /** When the latest question was sent that has been answered. */
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(tools: WatchTools) {
    this.#tools = tools;
  }

  /** Whether what was asked for then is watched over. */
  covers(askedAt: number): boolean {
    return askedAt > this.#since;
  }

  /** Since when what was asked for then is known to hold. */
  confirmedAt(askedAt: number): number {
    return this.covers(askedAt) ? Math.max(askedAt, this.#confirmedAt) : askedAt;
  }

  /** Asks behind the answer to a request, unless it is being asked. */
  ask(ctx: RequestContext): void {
    const sentAt = this.#tools.now();
    if (sentAt < this.#quietUntil) return;
    // Should it go down with its request, the next goes out when its time is over.
    this.#quietUntil = sentAt + LOOKUP_MS;
    ctx.execution.waitUntil(this.#ask(sentAt, ctx));
  }

  /** Never rejects. */
  async #ask(sentAt: number, { budget }: RequestContext): Promise<void> {
    const { registry, now, changed } = this.#tools;
    try {
      const slot = budget.acquire();
      if (slot !== undefined) await slot;
      try {
        const { line, consumers } = await within(LOOKUP_MS, () => registry.news(this.#line));
        this.#line = line;
        this.#quietUntil = Number.NEGATIVE_INFINITY;
        if (consumers === undefined) {
          this.#since = now();
          return;
        }
        this.#confirmedAt = Math.max(this.#confirmedAt, sentAt);
        if (consumers.length > 0) changed(new Set(consumers));
      } finally {
        budget.release();
      }
    } catch {
      // What is known grows old, and is then asked about by itself.
      this.#quietUntil = now() + RETRY_MS;
    }
  }
}
