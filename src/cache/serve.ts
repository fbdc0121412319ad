import type { Budget } from "../budget.ts";
import type { Deps } from "../deps.ts";
import { RefusalError } from "../errors/refusal.ts";
import type { AccessRecord } from "../observe/record.ts";
import { ageAt } from "./age.ts";
import { type Asker, answer } from "./answer.ts";
import { readWhole } from "./body.ts";
import { formatCacheStatus } from "./cache-status.ts";
import { revalidationOf } from "./conditional.ts";
import { lengthOf, secondsOfUse } from "./entry.ts";
import type { FreshnessRules } from "./freshness.ts";
import { type Found, lookUp, storeKey } from "./lookup.ts";
import { type News, readNews } from "./news.ts";
import { discard, type Stored, type StoredEntry } from "./response-cache.ts";
import { Revalidations } from "./revalidations.ts";

/** Statuses in whose place a stale response may be served (RFC 5861 §4). */
const ERRORS = new Set([500, 502, 503, 504]);

/** A header field with which the origin is asked whether a stored response still holds. */
export type Condition = readonly [name: string, value: string];

/** One request to a cached route. */
export interface CacheCall {
  readonly asker: Asker;
  /** From `primaryKey`. */
  readonly key: string;
  readonly record: AccessRecord;
  readonly budget: Budget;
  readonly execution: Pick<ExecutionContext, "waitUntil">;
  /** Has the route make its answer to GET. @param background that the client is answered already. */
  origin(condition: Condition | undefined, background: boolean): Promise<Response>;
  /** Tags for the answer that `origin` has made. */
  tags(): readonly string[];
}

/** Answers the requests of one cached route: from the store where it may, else through the origin. */
export class CacheServer {
  readonly #route: string;
  readonly #deps: Pick<Deps, "now" | "responses" | "log">;
  readonly #rules: FreshnessRules;
  readonly #revalidations = new Revalidations();

  /** @param route its id, for the log. */
  constructor(route: string, deps: Pick<Deps, "now" | "responses" | "log">, rules: FreshnessRules) {
    this.#route = route;
    this.#deps = deps;
    this.#rules = rules;
  }

  /** @throws what `call.origin` throws, where no stored response may stand in. */
  async serve(call: CacheCall): Promise<Response> {
    const found = await this.#find(call);
    const { stored } = found;
    if (stored === undefined) return this.#fetch(call, found);

    const now = this.#deps.now();
    const { bornAt, freshUntil, staleUntil } = stored.entry;
    const ttl = Math.floor((freshUntil - now) / 1_000);
    if (now < freshUntil) {
      call.record.cache = "hit";
      return answer(stored, call.asker, { hit: true, ttl }, ageAt(bornAt, now));
    }
    if (now >= staleUntil) return this.#fetch(call, found);
    call.record.cache = "stale";
    const response = answer(
      stored,
      call.asker,
      { hit: true, ttl, detail: "stale-while-revalidate" },
      ageAt(bornAt, now),
    );
    if (this.#revalidations.begin(found.key, now)) call.execution.waitUntil(this.#revalidate(call, found));
    return response;
  }

  /** A cache that fails is an empty one. */
  async #find(call: CacheCall): Promise<Found> {
    const slot = call.budget.acquire();
    if (slot !== undefined) await slot;
    try {
      return await lookUp(this.#deps.responses, call.key, call.asker.headers);
    } catch (cause) {
      note(call, String(cause));
      return { stored: undefined, key: call.key, primary: call.key };
    } finally {
      call.budget.release();
    }
  }

  /** The client waits for the origin: a miss, or a stored response too stale to serve. */
  async #fetch(call: CacheCall, found: Found): Promise<Response> {
    const { stored } = found;
    let asked: { readonly response: Response; readonly news: News };
    try {
      asked = await this.#ask(call, found, false);
    } catch (error) {
      const instead = isOriginFailure(error)
        ? this.#standIn(call, stored, undefined, error.refusal.code)
        : undefined;
      if (instead !== undefined) return instead;
      discard(stored?.body);
      throw error;
    }
    const { response, news } = asked;
    if (ERRORS.has(response.status)) {
      const instead = this.#standIn(call, stored, response.status, `status ${response.status}`);
      if (instead !== undefined) {
        discard(response.body);
        return instead;
      }
    }
    if (!news.confirmed) discard(stored?.body);
    if (news.store === "drop" && stored !== undefined) {
      this.#later(call, this.#deps.responses.delete(found.key));
    }
    return this.#relay(call, found, response, news);
  }

  /** Answers with what the origin has just made or confirmed, and stores it on the way. */
  #relay(call: CacheCall, found: Found, response: Response, news: News): Response {
    const { stored } = found;
    const { entry, confirmed } = news;
    const forwarded = stored === undefined ? "miss" : "stale";
    call.record.cache = confirmed ? "revalidated" : "miss";
    if (entry === undefined) {
      response.headers.append("cache-status", formatCacheStatus({ forwarded }));
      return response;
    }
    let body: Stored["body"] = confirmed ? stored!.body : response.body;
    const keep = news.store === "keep";
    if (keep) {
      let toStore: Stored["body"] = null;
      if (body !== null) [body, toStore] = body.tee();
      this.#later(call, this.#put(found, entry, toStore));
    }
    const status = confirmed ? { status: 304 } : {};
    // Without an Age of its own the origin's answer has none: it is as new as can be.
    const age = response.headers.has("age") ? ageAt(entry.bornAt, this.#deps.now()) : undefined;
    return answer({ entry, body }, call.asker, { forwarded, ...status, stored: keep }, age);
  }

  /** Asks the origin for news once the client has been answered. Never rejects. */
  async #revalidate(call: CacheCall, found: Found): Promise<void> {
    const { responses } = this.#deps;
    try {
      const { response, news } = await this.#ask(call, found, true);
      if (news.store === "keep") {
        // The body that was found has gone to the client: what is stored again is read again.
        const body = news.confirmed ? (await responses.get(found.key))?.body : response.body;
        if (body !== undefined) await this.#put(found, news.entry!, body);
        return;
      }
      discard(response.body);
      if (news.store === "drop") await responses.delete(found.key);
    } catch (cause) {
      this.#failed(cause);
    } finally {
      this.#revalidations.end(found.key);
    }
  }

  async #ask(call: CacheCall, { stored }: Found, background: boolean) {
    const { now } = this.#deps;
    const requestedAt = now();
    const condition = stored && revalidationOf(stored.entry);
    const response = await call.origin(condition, background);
    const exchange = { request: call.asker.headers, requestedAt, receivedAt: now() };
    const asked = condition && stored?.entry;
    return { response, news: readNews(response, asked, exchange, this.#rules, call.tags) };
  }

  /** The stored response in place of an error, if there is one that may still be served so. */
  #standIn(call: CacheCall, stored: Stored | undefined, status: number | undefined, why: string) {
    const now = this.#deps.now();
    if (stored === undefined || now >= stored.entry.errorUntil) return undefined;
    call.record.cache = "stale";
    note(call, `served stale: ${why}`);
    const { freshUntil, bornAt } = stored.entry;
    const ttl = Math.floor((freshUntil - now) / 1_000);
    return answer(
      stored,
      call.asker,
      { forwarded: "stale", ttl, detail: "stale-if-error", ...(status !== undefined && { status }) },
      ageAt(bornAt, now),
    );
  }

  async #put(found: Found, entry: StoredEntry, body: Stored["body"]): Promise<void> {
    const { now, responses } = this.#deps;
    const whole = body && (await readWhole(body, lengthOf(entry)));
    await responses.put(storeKey(found, entry.vary), entry, whole, secondsOfUse(entry, now()));
  }

  #later(call: CacheCall, work: Promise<unknown>): void {
    call.execution.waitUntil(work.catch((cause: unknown) => this.#failed(cause)));
  }

  #failed(cause: unknown): void {
    this.#deps.log({ level: "warn", event: "cache-failure", route: this.#route, cause: String(cause) });
  }
}

function note(call: CacheCall, text: string): void {
  call.record.notes ??= [];
  call.record.notes.push(`cache: ${text}`);
}

/** What keeps an origin that may be well from being asked: time, or the limits in front of it. */
const OUT_OF_REACH = new Set<string>([
  "deadline-exceeded",
  "rate-limited",
  "store-unavailable",
  "temporary-reduced-capacity",
]);

/** Whether the origin is at fault, or cannot be asked now: its answer that is stored is the best there is. */
function isOriginFailure(error: unknown): error is RefusalError {
  if (!(error instanceof RefusalError)) return false;
  return error.refusal.entry.fault === "upstream" || OUT_OF_REACH.has(error.refusal.code);
}
