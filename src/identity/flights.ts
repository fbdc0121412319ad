import type { RequestContext } from "../context.ts";
import { Refusal } from "../errors/refusal.ts";
import type { Identity } from "./identity.ts";
import { within } from "./keys/within.ts";

/** What a question about a caller comes to: plain values, which requests may hand to each other. */
export type Decision = Identity | Refusal;

interface Flight {
  readonly decision: Promise<Decision>;
  /** From then on it is taken for lost, in ms since the epoch. */
  readonly until: number;
}

/** How often a request goes by a question of another before it fails. */
const TURNS = 2;
/** Questions under way; those that were lost with their requests are swept out when there are more. */
const MOST = 1_000;

/**
 * Has what many requests ask at the same time asked once. A question may go down with the request that put it, or fail
 * for want of that request's time: the others then put it anew, once and one for all of them.
 */
export class Flights {
  readonly #longest: number;
  readonly #now: () => number;
  readonly #underWay = new Map<string, Flight>();

  /** @param longest for how long others go by a question, in ms */
  constructor(longest: number, now: () => number) {
    this.#longest = longest;
    this.#now = now;
  }

  /**
   * @param key what makes two questions the same
   * @param put asks; must give plain values
   * @param isAlone whether a refusal holds something that is for the request alone which asked
   * @throws where there is no decision in time
   */
  async ask(
    key: string,
    ctx: RequestContext,
    put: () => Promise<Decision>,
    isAlone: (refusal: Refusal) => boolean = () => false,
  ): Promise<Decision> {
    let failed: Refusal | undefined;
    let fault: unknown;
    for (let turn = 0; turn < TURNS; turn++) {
      const flight = this.#flying(key);
      if (flight === undefined) return this.#waitFor(this.#start(key, ctx, put), ctx);
      try {
        const decision = await this.#waitFor(flight, ctx);
        if (!(decision instanceof Refusal)) return decision;
        if (isAlone(decision)) return put();
        if (decision.entry.status < 500) return decision;
        failed = decision;
      } catch (cause) {
        fault = cause;
        if (ctx.budget.remaining(this.#now()) === 0) break;
      }
    }
    if (failed !== undefined) return failed;
    throw fault;
  }

  #flying(key: string): Flight | undefined {
    const flight = this.#underWay.get(key);
    return flight !== undefined && this.#now() < flight.until ? flight : undefined;
  }

  #start(key: string, ctx: RequestContext, put: () => Promise<Decision>): Flight {
    const now = this.#now();
    if (this.#underWay.size >= MOST) this.#sweep(now);
    const decision = put().finally(() => this.#end(key, flight));
    const flight = { decision, until: now + this.#longest };
    this.#underWay.set(key, flight);
    // Others wait for it too, so it may outlive the request that happened to ask.
    ctx.execution.waitUntil(decision.catch(() => undefined));
    return flight;
  }

  /** As long as the request has time, and the question is not lost. */
  async #waitFor(flight: Flight, { budget }: RequestContext): Promise<Decision> {
    const now = this.#now();
    return within(Math.min(flight.until - now, budget.remaining(now)), () => flight.decision);
  }

  #end(key: string, flight: Flight): void {
    if (this.#underWay.get(key) === flight) this.#underWay.delete(key);
  }

  #sweep(now: number): void {
    for (const [key, { until }] of this.#underWay) if (now >= until) this.#underWay.delete(key);
  }
}
