import type { RequestContext } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import { causeText } from "../../observe/cause.ts";
import { type ConsumerRegistry, USE_MS } from "../../stores/consumers/consumer-registry.ts";
import { hashKey } from "../api-key/hash.ts";
import { Generations } from "../generations.ts";
import { within } from "../keys/within.ts";
import { heeding } from "./heeding.ts";
import { type KnownKey, knownKey } from "./known-key.ts";

/** Keys remembered in an isolate. */
const REMEMBERED = 5_000;
/** Keys remembered as not holding. They have a room of their own: guesses must not push out what holds. */
const REFUSED = 5_000;
/** For how long a key that does not hold is not asked about again. One made since then is refused so long. */
const REFUSED_MS = 5_000;
/** The registry has as long as this to answer, or as long as the request has. */
const LOOKUP_MS = 3_000;
/** The share of the staleness bound after which what is in use is asked about again behind the answer. */
const REFRESH_AT = 0.75;

/** A look-up under way. */
interface Flight {
  readonly found: Promise<KnownKey | undefined>;
  readonly startedAt: number;
}

type DirectoryDeps = Pick<Deps, "now" | "log"> & { readonly registry: ConsumerRegistry };

/**
 * The keys of registered callers as an isolate knows them. What it was told is used for no longer than the staleness
 * bound, counted from when it asked; what is in use is asked about again before that, so that no caller waits. Keys are
 * looked up by their whole text in a hash map seeded at random: its time tells nothing of how much of a guess was right.
 */
export class ConsumerDirectory {
  /** The registry, for whoever administers it: what is written through it counts in this isolate at once. */
  readonly registry: ConsumerRegistry;
  readonly #asked: ConsumerRegistry;
  readonly #now: () => number;
  readonly #log: Deps["log"];
  readonly #known = new Generations<KnownKey>(REMEMBERED);
  /** Until when a key is refused unasked. */
  readonly #refused = new Generations<number>(REFUSED);
  readonly #flights = new Map<string, Flight>();
  /** Counts what was written here: answers from before a write are not kept. */
  #writes = 0;

  constructor({ registry, now, log }: DirectoryDeps) {
    this.#asked = registry;
    this.#now = now;
    this.#log = log;
    this.registry = heeding(registry, () => this.#forget());
  }

  /** What is known of a key and may still be believed: nothing is waited for. @param staleness ms */
  known(key: string, staleness: number, ctx: RequestContext): KnownKey | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    const now = this.#now();
    const age = now - known.askedAt;
    if (age >= staleness || now >= known.expiresAt) return undefined;
    if (age >= staleness * REFRESH_AT && !this.#isFlying(key, now)) this.#start(key, ctx);
    return known;
  }

  /**
   * Asks the registry, one question at a time for each key.
   * @returns undefined for a key that does not hold: unknown, revoked or expired. A refusal where nobody can tell.
   */
  ask(key: string, ctx: RequestContext): undefined | Promise<KnownKey | Refusal | undefined> {
    const now = this.#now();
    if (now < (this.#refused.get(key) ?? 0)) return undefined;
    const flight = this.#isFlying(key, now) ? this.#flights.get(key)! : this.#start(key, ctx);
    const patience = Math.min(LOOKUP_MS, ctx.budget.remaining(now));
    return within(patience, () => flight.found).catch((cause: unknown) =>
      refuse("store-unavailable", {
        headers: [["retry-after", "1"]],
        cause: `the consumer registry: ${causeText(cause)}`,
      }),
    );
  }

  /** A key was let in: the registry is told after the answer, once a minute at most. */
  noteUse(known: KnownKey, ctx: RequestContext): void {
    const now = this.#now();
    if (now < known.notedAt + USE_MS) return;
    known.notedAt = now;
    const noted = this.#asked.noteUse(known.id, now).catch((cause: unknown) => {
      this.#log({ level: "warn", event: "key-use-not-noted", key: known.id, cause: causeText(cause) });
    });
    ctx.execution.waitUntil(noted);
  }

  /** A flight may have gone down with the request that started it. */
  #isFlying(key: string, now: number): boolean {
    const flight = this.#flights.get(key);
    return flight !== undefined && now < flight.startedAt + LOOKUP_MS;
  }

  #start(key: string, ctx: RequestContext): Flight {
    const found = this.#lookUp(key, ctx).finally(() => {
      if (this.#flights.get(key)?.found === found) this.#flights.delete(key);
    });
    const flight = { found, startedAt: this.#now() };
    this.#flights.set(key, flight);
    // It outlives the request that happened to start it: others wait for it too.
    ctx.execution.waitUntil(found.catch(() => undefined));
    return flight;
  }

  async #lookUp(key: string, ctx: RequestContext): Promise<KnownKey | undefined> {
    const writes = this.#writes;
    const hash = await hashKey(key);
    const slot = ctx.budget.acquire();
    if (slot !== undefined) await slot;
    const askedAt = this.#now();
    let holder: Awaited<ReturnType<ConsumerRegistry["find"]>>;
    try {
      holder = await within(LOOKUP_MS, () => this.#asked.find(hash, askedAt));
    } finally {
      ctx.budget.release();
    }
    if (writes !== this.#writes) return this.#lookUp(key, ctx);
    if (holder === undefined) {
      this.#known.delete(key);
      this.#refused.set(key, this.#now() + REFUSED_MS);
      return undefined;
    }
    const known = knownKey(holder, askedAt);
    known.notedAt = Math.max(known.notedAt, this.#known.get(key)?.notedAt ?? known.notedAt);
    this.#known.set(key, known);
    return known;
  }

  #forget(): void {
    this.#writes++;
    this.#known.clear();
    this.#refused.clear();
    this.#flights.clear();
  }
}
