import type { RequestContext } from "../../context.ts";
import { type Refusal, refuse } from "../../errors/refusal.ts";
import type { CredentialVerdict } from "../credential.ts";
import { ExpiringCache } from "../expiring-cache.ts";
import { Flights } from "../flights.ts";
import type { Identity } from "../identity.ts";
import { bearerToken, type SchemePatterns } from "../jwt/bearer.ts";
import { invalidToken } from "../jwt/challenge.ts";
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

/**
 * Asks an authorization server who tokens speak for, about each one at a time, and goes by its answer for as long as the
 * token lives and no longer than `maxAge`. Where it has none that can be used, nobody is let in.
 */
export class Introspector {
  readonly #rules: IntrospectorRules;
  readonly #now: () => number;
  readonly #active = new ExpiringCache<Identity>(REMEMBERED);
  readonly #refused = new ExpiringCache<Refusal>(REFUSED);
  readonly #flights: Flights;

  constructor(rules: IntrospectorRules, now: () => number) {
    this.#rules = rules;
    this.#now = now;
    this.#flights = new Flights(QUESTION_MS, now);
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
    const put = () => this.#introspect(authorization, token, ctx, this.#now());
    try {
      return await this.#flights.ask(authorization, ctx, put);
    } catch (cause) {
      return this.#unavailable(cause);
    }
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
