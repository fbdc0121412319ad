import type { RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { Generations } from "../../generations.ts";
import { causeText } from "../../observe/cause.ts";
import { within } from "../keys/within.ts";
import { LOOKUP_MS, type RegistryWatch } from "./registry-watch.ts";

/** Answers remembered in an isolate. */
const REMEMBERED = 5_000;
/** Names remembered as nobody's. They have a room of their own: guesses must not push out what is there. */
const REFUSED = 5_000;
/** For how long what was not there is not asked about again. One made since then is refused so long. */
const REFUSED_MS = 5_000;
/** The share of the staleness bound after which what is in use is asked about again behind the answer. */
const REFRESH_AT = 0.75;

/** Something that the registry has said. Times in ms since the epoch. */
export interface Answer {
  /** When it was asked. */
  readonly askedAt: number;
  /** From then on it does not hold, whatever the registry says meanwhile. */
  readonly expiresAt: number;
}

/** What the registry is asked. */
export interface Question<Found, Known extends Answer> {
  /** @param at ms since the epoch @returns undefined where there is none */
  find(name: string, at: number): Promise<Found | undefined>;
  /** Makes ready what was found. @param before what was known until now */
  ready(found: Found, askedAt: number, before: Known | undefined): Known;
  /** Whose changes change it. */
  consumerOf(name: string, known: Known): string;
}

/** A look-up under way. */
interface Flight<Known> {
  readonly found: Promise<Known | undefined>;
  readonly startedAt: number;
}

/**
 * What the consumer registry says of one kind of thing, by name, as an isolate knows it. What it was told is used for no
 * longer than the staleness bound, counted from when it asked; what is in use is asked about again before that, by itself
 * or by the watch for all together, so that no caller waits. Names are looked up whole in a hash map seeded at random: its time tells nothing of how much of a
 * guess was right.
 */
export class KnownAnswers<Found, Known extends Answer> {
  readonly #question: Question<Found, Known>;
  readonly #watch: RegistryWatch;
  readonly #now: () => number;
  readonly #known = new Generations<Known>(REMEMBERED);
  /** Until when a name is refused unasked. */
  readonly #refused = new Generations<number>(REFUSED);
  readonly #flights = new Map<string, Flight<Known>>();
  /** Counts how often something was forgotten: answers that were on their way then are not kept. */
  #forgotten = 0;

  constructor(question: Question<Found, Known>, watch: RegistryWatch, now: () => number) {
    this.#question = question;
    this.#watch = watch;
    this.#now = now;
  }

  /** What is known and may still be believed: nothing is waited for. @param staleness ms */
  known(name: string, staleness: number, ctx: RequestContext): Known | undefined {
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    const now = this.#now();
    const { askedAt } = known;
    const age = now - this.#watch.confirmedAt(askedAt);
    if (age >= staleness || now >= known.expiresAt) return undefined;
    if (age >= staleness * REFRESH_AT) {
      this.#watch.ask(ctx);
      if (!this.#watch.covers(askedAt) && !this.#isFlying(name, now)) this.#start(name, ctx);
    }
    return known;
  }

  /**
   * Asks the registry, one question at a time for each name.
   * @returns undefined where there is none. A refusal where nobody can tell.
   */
  ask(name: string, ctx: RequestContext): undefined | Promise<Known | Refusal | undefined> {
    const now = this.#now();
    if (now < (this.#refused.get(name) ?? 0)) return undefined;
    const flight = this.#isFlying(name, now) ? this.#flights.get(name)! : this.#start(name, ctx);
    const patience = Math.min(LOOKUP_MS, ctx.budget.remaining(now));
    return within(patience, () => flight.found).catch((cause: unknown) =>
      refuse("store-unavailable", {
        headers: [["retry-after", "1"]],
        cause: `the consumer registry: ${causeText(cause)}`,
      }),
    );
  }

  /** Something of these was written: from now on nothing of them is believed that was said before. */
  forgetOf(consumers: ReadonlySet<string>): void {
    this.#forgotten++;
    for (const [name, known] of [...this.#known.entries()])
      if (consumers.has(this.#question.consumerOf(name, known))) this.#known.delete(name);
  }

  /** Something was written: from now on nothing is believed that was said before. */
  forget(): void {
    this.#forgotten++;
    this.#known.clear();
    this.#refused.clear();
    this.#flights.clear();
  }

  /** A flight may have gone down with the request that started it. */
  #isFlying(name: string, now: number): boolean {
    const flight = this.#flights.get(name);
    return flight !== undefined && now < flight.startedAt + LOOKUP_MS;
  }

  #start(name: string, ctx: RequestContext): Flight<Known> {
    const found = this.#lookUp(name, ctx).finally(() => {
      if (this.#flights.get(name)?.found === found) this.#flights.delete(name);
    });
    const flight = { found, startedAt: this.#now() };
    this.#flights.set(name, flight);
    // It outlives the request that happened to start it: others wait for it too.
    ctx.execution.waitUntil(found.catch(() => undefined));
    return flight;
  }

  async #lookUp(name: string, ctx: RequestContext): Promise<Known | undefined> {
    const forgotten = this.#forgotten;
    const slot = ctx.budget.acquire();
    if (slot !== undefined) await slot;
    const askedAt = this.#now();
    let found: Found | undefined;
    try {
      found = await within(LOOKUP_MS, () => this.#question.find(name, askedAt));
    } finally {
      ctx.budget.release();
    }
    if (forgotten !== this.#forgotten) return this.#lookUp(name, ctx);
    if (found === undefined) {
      this.#known.delete(name);
      this.#refused.set(name, this.#now() + REFUSED_MS);
      return undefined;
    }
    const known = this.#question.ready(found, askedAt, this.#known.get(name));
    this.#known.set(name, known);
    return known;
  }
}
