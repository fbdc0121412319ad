import type { KeyedContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { within } from "../../identity/keys/within.ts";

/** One request of a token endpoint, from the call to the last byte, in ms. */
export const OBTAIN_MS = 5_000;
/** By then a request has ended, or the platform has stopped it together with the one that it ran in. */
const FLIGHT_MS = OBTAIN_MS + 100;
/** Wait after the first failure, in ms; doubles with each further one. */
const BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 60_000;
/** A source whose tokens were not refused for so long, in ms, is trusted as at first. */
const CALM_MS = 5 * 60_000;
/** Longest time, in ms, before its end at which a token is renewed. */
const MAX_AHEAD_MS = 5 * 60_000;
/** Longest time, in ms, before its end from which on a token is not used: it must still hold when it arrives. */
const MAX_MARGIN_MS = 10_000;

/** A token as an authorization server gives it. */
export interface Grant {
  readonly value: string;
  /** For how long it holds, in ms. */
  readonly lifetime: number;
}

/** A token in use. */
export interface Token {
  readonly value: string;
  /** From then on it is renewed behind the requests that use it. Ms since the epoch, as the next. */
  readonly renewAt: number;
  readonly usableUntil: number;
}

/** What a {@link TokenSource} works with. */
export interface TokenSourceDeps {
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Asks for a new token. @throws RefusalError that says whose fault it is that there is none */
  readonly obtain: (ctx: KeyedContext, signal: AbortSignal) => Promise<Grant>;
}

interface Flight {
  /** Settles without a value, and never rejects. */
  readonly landed: Promise<void>;
  readonly startedAt: number;
}

/**
 * One token, obtained once however many requests need it, and renewed behind them before it ends: each isolate at a
 * moment of its own. While the authorization server fails, a token is used as long as it holds; without one, requests
 * are refused at once until the next attempt is due.
 */
export class TokenSource {
  readonly #deps: TokenSourceDeps;
  #token: Token | undefined;
  #flight: Flight | undefined;
  #failures = 0;
  #failure: Refusal = refuse("upstream-credential-unavailable");
  #retryAt = 0;
  #refusals = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #renewalAt = 0;

  constructor(deps: TokenSourceDeps) {
    this.#deps = deps;
  }

  /** The token: at once where there is one. @throws RefusalError where none is to be had */
  get(ctx: KeyedContext): Token | Promise<Token> {
    const now = this.#deps.now();
    const token = this.#token;
    if (token !== undefined && now < token.renewAt) return token;
    if (token !== undefined && now < token.usableUntil) {
      if (now >= this.#retryAt && !this.#isFlying(now)) this.#start(ctx);
      return token;
    }
    return this.#obtained(ctx);
  }

  /**
   * The origin has refused a token. The first time it is renewed at once; an origin that goes on refusing does not
   * have the authorization server asked each time.
   * @returns whether there is another one now
   */
  async renew(refused: Token, ctx: KeyedContext): Promise<boolean> {
    const now = this.#deps.now();
    if (this.#token === refused) {
      if (now < this.#renewalAt) return false;
      if (now >= this.#refusedAt + CALM_MS) this.#refusals = 0;
      this.#renewalAt = this.#refusals === 0 ? now : now + backOff(this.#refusals - 1);
      this.#refusals++;
      this.#refusedAt = now;
      this.#token = undefined;
    }
    return (await this.#obtained(ctx)) !== refused;
  }

  /** Waits for a token, as long as the request has time. */
  async #obtained(ctx: KeyedContext): Promise<Token> {
    const { now } = this.#deps;
    for (;;) {
      const token = this.#token;
      if (token !== undefined && now() < token.usableUntil) return token;
      if (now() < this.#retryAt && !this.#isFlying(now())) throw new RefusalError(this.#failed());
      const flight = this.#isFlying(now()) ? this.#flight! : this.#start(ctx);
      const left = ctx.budget.remaining(now());
      if (left <= 0) throw new RefusalError(refuse("deadline-exceeded"));
      try {
        await within(Math.min(FLIGHT_MS, left), () => flight.landed);
      } catch {
        // Its request has died and taken it along.
        if (this.#flight === flight && !this.#isFlying(now())) this.#flight = undefined;
      }
    }
  }

  #failed(): Refusal {
    const { code, details } = this.#failure;
    const wait = Math.max(1, Math.ceil((this.#retryAt - this.#deps.now()) / 1_000));
    return refuse(code, { ...details, headers: [["retry-after", String(wait)]] });
  }

  #isFlying(now: number): boolean {
    return this.#flight !== undefined && now < this.#flight.startedAt + FLIGHT_MS;
  }

  #start(ctx: KeyedContext): Flight {
    const startedAt = this.#deps.now();
    const landed = this.#obtain(ctx, startedAt).finally(() => {
      if (this.#flight?.landed === landed) this.#flight = undefined;
    });
    const flight = { landed, startedAt };
    this.#flight = flight;
    // It outlives the request that happened to start it: others wait for it too.
    ctx.execution.waitUntil(landed);
    return flight;
  }

  async #obtain(ctx: KeyedContext, startedAt: number): Promise<void> {
    try {
      const { value, lifetime } = await within(OBTAIN_MS, (signal) => this.#deps.obtain(ctx, signal));
      // Counted from the call: it may have been made any time since.
      const usableUntil = startedAt + lifetime - Math.min(MAX_MARGIN_MS, lifetime / 10);
      if (this.#deps.now() >= usableUntil) throw new Error("the token had ended before it came");
      const ahead = Math.min(MAX_AHEAD_MS, lifetime / 5) * (1 + this.#deps.random());
      this.#token = { value, renewAt: usableUntil - ahead, usableUntil };
      this.#failures = 0;
      this.#retryAt = 0;
    } catch (cause) {
      this.#failure =
        cause instanceof RefusalError ? cause.refusal : refuse("upstream-credential-unavailable", { cause });
      this.#retryAt = this.#deps.now() + backOff(this.#failures);
      this.#failures++;
    }
  }
}

function backOff(times: number): number {
  return Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** times);
}
