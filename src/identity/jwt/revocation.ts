import type { RequestContext } from "../../context.ts";
import { Refusal, refuse } from "../../errors/refusal.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { Identity } from "../identity.ts";
import { boundedText } from "../keys/bounded-text.ts";
import { within } from "../keys/within.ts";
import { invalidToken } from "./challenge.ts";
import { isRevoked, parseRevocationList, type RevocationList } from "./revocation-list.ts";
import type { TokenCheck } from "./token-check.ts";

/** Where a list is, and how old it may be; times in ms. */
export interface RevocationRules {
  readonly upstream: Upstream;
  readonly path: string;
  readonly every: number;
  readonly maxStale: number;
}

/** Room for some twenty thousand ids. */
const MAX_BYTES = 1024 * 1024;
/** One fetch, from the call to the last byte. */
const FETCH_MS = 3_000;
/** Between a fetch that failed and the next. */
const BACK_OFF_MS = 1_000;

/**
 * Refuses tokens that their issuer has taken back. A list is used for `every`, and as long again while a new one is
 * fetched behind the answer; after that requests wait for the new one. While that fails the last one serves until it is
 * `maxStale` old, and then nobody is let in.
 * @param challenge of the credential
 */
export function createRevocation(rules: RevocationRules, now: () => number, challenge: string): TokenCheck {
  const kept = new KeptList(rules, now);
  const judge = (list: RevocationList | Refusal, { claims, subject }: Identity) => {
    if (list instanceof Refusal) return list;
    return isRevoked(claims, subject, list) ? invalidToken("the token is revoked", challenge) : undefined;
  };
  return (identity, ctx) => {
    const list = kept.load(ctx);
    return list instanceof Promise ? list.then((loaded) => judge(loaded, identity)) : judge(list, identity);
  };
}

/** The list as it is known in this isolate. */
class KeptList {
  readonly #rules: RevocationRules;
  readonly #now: () => number;
  #known: { readonly list: RevocationList; readonly fetchedAt: number } | undefined;
  #flight: { readonly landed: Promise<void>; readonly startedAt: number } | undefined;
  #failure: unknown;
  #retryAt = 0;

  constructor(rules: RevocationRules, now: () => number) {
    this.#rules = rules;
    this.#now = now;
  }

  load(ctx: RequestContext): RevocationList | Refusal | Promise<RevocationList | Refusal> {
    const { every } = this.#rules;
    const now = this.#now();
    const age = this.#known === undefined ? Number.POSITIVE_INFINITY : now - this.#known.fetchedAt;
    if (this.#known !== undefined && age < every) return this.#known.list;
    if (now < this.#retryAt) return this.#usable(now);
    const flight = this.#flying(now) ?? this.#start(ctx);
    if (this.#known !== undefined && age < 2 * every) return this.#known.list;
    return this.#wait(flight, ctx);
  }

  /** As long as the request has time. Where the request that fetches died with its fetch, the next one starts another. */
  async #wait(landed: Promise<void>, { budget }: RequestContext): Promise<RevocationList | Refusal> {
    const time = Math.min(FETCH_MS, budget.remaining(this.#now()));
    await within(time, () => landed).catch((cause: unknown) => {
      this.#failure ??= cause;
    });
    return this.#usable(this.#now());
  }

  #usable(now: number): RevocationList | Refusal {
    if (this.#known !== undefined && now - this.#known.fetchedAt < this.#rules.maxStale)
      return this.#known.list;
    const { upstream, path } = this.#rules;
    const cause = this.#failure instanceof Error ? this.#failure.message : "no answer yet";
    return refuse("verification-unavailable", { cause: `revocations at ${upstream.name} ${path}: ${cause}` });
  }

  #flying(now: number): Promise<void> | undefined {
    const { landed, startedAt } = this.#flight ?? {};
    return startedAt !== undefined && now < startedAt + FETCH_MS ? landed : undefined;
  }

  #start(ctx: RequestContext): Promise<void> {
    const landed = this.#fetch(ctx).finally(() => {
      if (this.#flight?.landed === landed) this.#flight = undefined;
    });
    this.#flight = { landed, startedAt: this.#now() };
    // Others wait for it too, and it may outlive the request that happened to start it.
    ctx.execution.waitUntil(landed);
    return landed;
  }

  async #fetch(ctx: RequestContext): Promise<void> {
    const { upstream, path } = this.#rules;
    const startedAt = this.#now();
    try {
      const list = await within(FETCH_MS, async (signal) => {
        const controller = new AbortController();
        signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
        const headers = new Headers({ accept: "application/json" });
        const request = { method: "GET", path, search: "", headers, body: null, controller };
        return parseRevocationList(
          await boundedText(await upstream.send(request, ctx.systemContext()), MAX_BYTES),
        );
      });
      // What was revoked after the question was sent may not be in the answer.
      this.#known = { list, fetchedAt: startedAt };
      this.#failure = undefined;
      this.#retryAt = 0;
    } catch (cause) {
      this.#failure = cause;
      this.#retryAt = this.#now() + BACK_OFF_MS;
    }
  }
}
