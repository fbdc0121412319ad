import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import type { KeySet, KeySetCaller, KeySetsDeps, Keys, RemoteKeySource } from "../key-sets.ts";
import { type ReadKeySet, readKeySet, usableKeys } from "./read-key-set.ts";
import type { SharedKeySet } from "./shared-key-sets.ts";
import type { VerificationKey } from "./verification-key.ts";
import { within } from "./within.ts";

/** One fetch, from the call to the last byte. */
const FETCH_MS = 3_000;
/** The shared tier answers in a millisecond or is of no help. */
const SHARED_MS = 500;
/** By then, with some to spare, a flight has landed, or the platform has stopped the request that it ran in. */
export const FLIGHT_MS = SHARED_MS + FETCH_MS + 100;
/** For how long after its freshness a set is used while it is refreshed behind the answer (RFC 5861 §3). */
const REVALIDATE_MS = 3_600_000;
/** For how long after its fetch a set is used while the issuer fails (RFC 5861 §4). */
const STALE_MS = 24 * 3_600_000;
/** Between two fetches that unknown keys provoke: the caller chooses the `kid`, so it must not choose our load. */
const UNKNOWN_KEY_MS = 30_000;
/** Wait after the first failure; doubles with each further one. */
const BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 60_000;

/** A fetch under way. */
interface Flight {
  /** Settles without a value, and never rejects. */
  readonly landed: Promise<void>;
  readonly startedAt: number;
}

interface Snapshot {
  readonly keys: Keys;
  readonly fetchedAt: number;
  readonly freshUntil: number;
}

/** A key set that is fetched, kept in memory and refreshed: see {@link KeySet}. */
export function createRemoteKeySet(id: string, source: RemoteKeySource, deps: KeySetsDeps): KeySet {
  return new RemoteKeySet(id, source, deps);
}

class RemoteKeySet implements KeySet {
  readonly #id: string;
  readonly #source: RemoteKeySource;
  readonly #deps: KeySetsDeps;
  #snapshot: Snapshot | undefined;
  #flight: Flight | undefined;
  #failures = 0;
  #failure: unknown = new Error("no answer yet");
  #retryAt = 0;
  #unknownKeyAt = Number.NEGATIVE_INFINITY;

  constructor(id: string, source: RemoteKeySource, deps: KeySetsDeps) {
    this.#id = id;
    this.#source = source;
    this.#deps = deps;
  }

  get freshUntil(): number {
    return this.#snapshot?.freshUntil ?? 0;
  }

  load(ctx: KeySetCaller): Keys | Refusal | Promise<Keys | Refusal> {
    const now = this.#deps.now();
    const known = this.#snapshot;
    if (known !== undefined && now < known.freshUntil) return known.keys;
    if (now < this.#retryAt) return this.#usable(now);
    // While the issuer is known to fail, nobody waits for it who has keys to go on with.
    const patient = this.#failures > 0 || (known !== undefined && now < known.freshUntil + REVALIDATE_MS);
    if (known !== undefined && now < known.fetchedAt + STALE_MS && patient) {
      if (!this.#isFlying(now)) this.#start(ctx, false);
      return known.keys;
    }
    return this.#refresh(ctx, false).then(() => this.#usable(this.#deps.now()));
  }

  async reload(seen: Keys, ctx: KeySetCaller): Promise<Keys | undefined> {
    if (this.#snapshot !== undefined && this.#snapshot.keys !== seen) return this.#snapshot.keys;
    const now = this.#deps.now();
    if (!this.#isFlying(now)) {
      if (now < this.#retryAt || now < this.#unknownKeyAt + UNKNOWN_KEY_MS) return undefined;
      this.#unknownKeyAt = now;
    }
    await this.#refresh(ctx, true);
    return this.#snapshot?.keys;
  }

  #usable(now: number): Keys | Refusal {
    const known = this.#snapshot;
    if (known !== undefined && now < known.fetchedAt + STALE_MS) return known.keys;
    const cause = this.#failure instanceof Error ? this.#failure.message : String(this.#failure);
    const wait = Math.max(1, Math.ceil((this.#retryAt - now) / 1_000));
    return refuse("key-set-unavailable", {
      headers: [["retry-after", String(wait)]],
      cause: `key set ${this.#id}: ${cause}`,
    });
  }

  #isFlying(now: number): boolean {
    return this.#flight !== undefined && now < this.#flight.startedAt + FLIGHT_MS;
  }

  /**
   * Waits for one fetch, as long as the request has time: the one under way, or a new one where its request has
   * died and taken it along.
   */
  async #refresh(ctx: KeySetCaller, forced: boolean): Promise<void> {
    const { now } = this.#deps;
    const flight = this.#isFlying(now()) ? this.#flight : this.#start(ctx, forced);
    try {
      await within(Math.min(FLIGHT_MS, ctx.budget.remaining(now())), async () => flight?.landed);
    } catch {
      if (ctx.budget.remaining(now()) === 0) return;
      if (this.#flight === flight) this.#flight = undefined;
      // Another that waited has been quicker, and its fetch is over.
      else if (this.#flight === undefined) return;
      await this.#refresh(ctx, forced);
    }
  }

  #start(ctx: KeySetCaller, forced: boolean): Flight {
    const landed = this.#fetch(ctx, forced).finally(() => {
      if (this.#flight?.landed === landed) this.#flight = undefined;
    });
    const flight = { landed, startedAt: this.#deps.now() };
    this.#flight = flight;
    // The fetch outlives the request that happened to start it: others wait for it too.
    ctx.execution.waitUntil(landed);
    return flight;
  }

  /** @param forced an unknown key asks, so only the issuer itself can help. */
  async #fetch(ctx: KeySetCaller, forced: boolean): Promise<void> {
    const shared = forced ? undefined : await this.#readShared(ctx);
    if (shared !== undefined && this.#deps.now() < shared.freshUntil) return this.#succeed(shared);
    try {
      const set = await within(FETCH_MS, async (signal) =>
        readKeySet(await this.#deps.fetchKeySet(this.#source, ctx, signal)),
      );
      const now = this.#deps.now();
      this.#succeed({ keys: set.keys, fetchedAt: now, freshUntil: now + set.freshMs });
      this.#writeShared(set, now, ctx);
    } catch (cause) {
      if (shared !== undefined) this.#adopt(shared);
      this.#failure = cause instanceof RefusalError ? cause.refusal.details.cause : cause;
      this.#retryAt = this.#deps.now() + Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** this.#failures);
      this.#failures++;
      if (forced) this.#unknownKeyAt = Number.NEGATIVE_INFINITY;
    }
  }

  #succeed(next: Snapshot): void {
    this.#failures = 0;
    this.#retryAt = 0;
    this.#adopt(next);
  }

  /** Keys that stay keep their object, and with it their imported form and the tokens they have proved. */
  #adopt(next: Snapshot): void {
    const before = new Map<string, VerificationKey>();
    for (const key of this.#snapshot?.keys ?? []) before.set(key.fingerprint, key);
    const keys = next.keys.map((key) => {
      const same = before.get(key.fingerprint);
      before.delete(key.fingerprint);
      return same ?? key;
    });
    for (const gone of before.values()) gone.retired = true;
    this.#snapshot = { ...next, keys };
  }

  /** The neighbours' set, where it is newer than ours and may still be used. The tier's failures are not ours. */
  async #readShared(ctx: KeySetCaller): Promise<Snapshot | undefined> {
    const { shared, now } = this.#deps;
    if (shared === undefined) return undefined;
    try {
      const stored = await within(SHARED_MS, async () => {
        const slot = ctx.budget.acquire();
        if (slot !== undefined) await slot;
        try {
          return await shared.read(this.#id);
        } finally {
          ctx.budget.release();
        }
      });
      if (stored === undefined || !this.#isNewer(stored, now())) return undefined;
      return { ...stored, keys: usableKeys(stored.text) };
    } catch {
      return undefined;
    }
  }

  #isNewer({ fetchedAt }: SharedKeySet, now: number): boolean {
    return fetchedAt > (this.#snapshot?.fetchedAt ?? 0) && fetchedAt <= now && now < fetchedAt + STALE_MS;
  }

  #writeShared({ text, freshMs }: ReadKeySet, fetchedAt: number, ctx: KeySetCaller): void {
    const { shared } = this.#deps;
    if (shared === undefined) return;
    const set = { text, fetchedAt, freshUntil: fetchedAt + freshMs };
    ctx.execution.waitUntil(shared.write(this.#id, set, STALE_MS / 1_000).catch(() => undefined));
  }
}
