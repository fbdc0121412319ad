import type { RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import type { CredentialVerdict } from "../credential.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import type { Identity } from "../identity.ts";
import { bearerToken, type SchemePatterns } from "../jwt/bearer.ts";
import { invalidToken } from "../jwt/challenge.ts";
import { within } from "../keys/within.ts";
import { type IntrospectionEndpoint, introspect, QUESTION_MS } from "./introspect.ts";
import { type AnswerRules, judgeAnswer } from "./judge-answer.ts";

/** Tokens remembered for each declaration. */
const REMEMBERED = 1_000;
/** Tokens remembered as refused. They have a room of their own: guesses must not push out what holds. */
const REFUSED = 1_000;
/** For how long a refused token is not asked about again, in ms. */
const REFUSED_MS = 5_000;

/** What an introspector is made of. */
export interface IntrospectorRules extends AnswerRules {
  readonly endpoint: IntrospectionEndpoint;
  readonly maxTokenBytes: number;
  readonly scheme: SchemePatterns;
  /** The challenge of the scheme. */
  readonly challenge: string;
}

interface Flight {
  readonly verdict: Promise<Identity | Refusal>;
  readonly startedAt: number;
}

/**
 * Asks an authorization server who tokens speak for, about each one at a time, and goes by its answer for as long as the
 * token lives and no longer than `maxAge`. Where it has none that can be used, nobody is let in.
 */
export class Introspector {
  readonly #rules: IntrospectorRules;
  readonly #now: () => number;
  readonly #active = new ExpiringCache<Identity>(REMEMBERED);
  readonly #refused = new ExpiringCache<Refusal>(REFUSED);
  readonly #flights = new Map<string, Flight>();

  constructor(rules: IntrospectorRules, now: () => number) {
    this.#rules = rules;
    this.#now = now;
  }

  /** The caller, at once where its token is known. */
  verify(ctx: RequestContext): CredentialVerdict | Promise<CredentialVerdict> {
    const authorization = ctx.request.headers.get("authorization");
    if (authorization === null) return undefined;
    const now = this.#now();
    const known = this.#active.get(authorization, now) ?? this.#refused.get(authorization, now);
    if (known !== undefined) return known;
    const { maxTokenBytes, scheme, challenge } = this.#rules;
    const bearer = bearerToken(authorization, maxTokenBytes, scheme);
    if (bearer === undefined) return undefined;
    if ("fault" in bearer) return invalidToken(bearer.fault, challenge);
    return this.#ask(authorization, bearer.token, ctx);
  }

  /** As long as the request has time. */
  async #ask(authorization: string, token: string, ctx: RequestContext): Promise<Identity | Refusal> {
    const now = this.#now();
    const flight = this.#flying(authorization, now) ?? this.#start(authorization, token, ctx, now);
    try {
      return await within(Math.min(QUESTION_MS, ctx.budget.remaining(now)), () => flight.verdict);
    } catch (cause) {
      return this.#unavailable(cause);
    }
  }

  /** A question may have gone down with the request that asked it. */
  #flying(authorization: string, now: number): Flight | undefined {
    const flight = this.#flights.get(authorization);
    return flight !== undefined && now < flight.startedAt + QUESTION_MS ? flight : undefined;
  }

  #start(authorization: string, token: string, ctx: RequestContext, startedAt: number): Flight {
    const verdict = this.#introspect(authorization, token, ctx, startedAt).finally(() => {
      if (this.#flights.get(authorization)?.verdict === verdict) this.#flights.delete(authorization);
    });
    const flight = { verdict, startedAt };
    this.#flights.set(authorization, flight);
    // Others wait for it too, so it may outlive the request that happened to ask.
    ctx.execution.waitUntil(verdict);
    return flight;
  }

  /** Never rejects. */
  async #introspect(
    authorization: string,
    token: string,
    ctx: RequestContext,
    askedAt: number,
  ): Promise<Identity | Refusal> {
    try {
      const answer = await introspect(token, this.#rules.endpoint, ctx);
      const judged = judgeAnswer(answer, this.#rules, askedAt);
      if (typeof judged !== "string") {
        this.#active.set(authorization, judged.identity, judged.until);
        return judged.identity;
      }
      const refusal = invalidToken(judged, this.#rules.challenge);
      this.#refused.set(authorization, refusal, askedAt + REFUSED_MS);
      return refusal;
    } catch (cause) {
      return this.#unavailable(cause);
    }
  }

  #unavailable(cause: unknown): Refusal {
    const { upstream, path } = this.#rules.endpoint;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return refuse("verification-unavailable", {
      headers: [["retry-after", "1"]],
      cause: `introspection at ${upstream.name} ${path}: ${reason}`,
    });
  }
}
