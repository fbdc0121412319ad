import type { RequestContext } from "../context.ts";
import { Refusal, refuse } from "../errors/refusal.ts";
import type { Credential, CredentialVerdict } from "./credential.ts";
import type { Identity } from "./identity.ts";
import { isForeign } from "./jwt/challenge.ts";

/** Credentials joined by `anyOf` and `allOf`, running. */
export type RunningRule =
  | Credential
  | { readonly anyOf: readonly RunningRule[] }
  | { readonly allOf: readonly RunningRule[] };

type MaybePromise<T> = T | Promise<T>;
/** Evaluates a rule. Answers at once where all credentials do. */
export type RuleCheck = (ctx: RequestContext) => MaybePromise<CredentialVerdict>;

/** A rule made ready to be asked of requests. */
export interface Demand {
  readonly check: RuleCheck;
  /** Every credential that the rule names. */
  readonly credentials: readonly Credential[];
}

/** Makes a rule ready: what can be decided of it without a request is decided here. */
export function demandOf(rule: RunningRule): Demand {
  if ("anyOf" in rule) return anyOf(rule.anyOf.map(demandOf));
  if ("allOf" in rule) return allOf(rule.allOf.map(demandOf));
  return { check: (ctx) => rule.verify(ctx), credentials: [rule] };
}

/**
 * The refusal of a request that presents none of the credentials, with a challenge for each (RFC 9110 §11.6.1).
 * @param cause for the log, where more is to be said
 */
export function missingCredential(demands: readonly Demand[], cause?: string): Refusal {
  const challenges = new Set(
    demands.flatMap(({ credentials }) => credentials).map(({ challenge }) => challenge),
  );
  return refuse("credential-missing", {
    headers: [...challenges].map((challenge) => ["www-authenticate", challenge] as const),
    ...(cause !== undefined && { cause }),
  });
}

/** Tried in order; the first that holds gives the identity. Where none does, the failures are summed up. */
function anyOf(demands: readonly Demand[]): Demand {
  const from = (at: number, failures: Refusal[], ctx: RequestContext): MaybePromise<CredentialVerdict> => {
    const demand = demands[at];
    if (demand === undefined) return sumUp(failures);
    return after(demand.check(ctx), (verdict) => {
      if (verdict instanceof Refusal) failures.push(verdict);
      else if (verdict !== undefined) return verdict;
      return from(at + 1, failures, ctx);
    });
  };
  return { check: (ctx) => from(0, [], ctx), credentials: demands.flatMap(({ credentials }) => credentials) };
}

/**
 * What to tell of several failures. A credential that could not be judged (5xx) might have held, so nothing
 * final may be said; after it, one that holds but grants too little (403) says more than one that does not hold. Of
 * those, what the caller can mend with a nonce comes first, and last what another credential was meant for.
 */
function sumUp(failures: readonly Refusal[]): Refusal | undefined {
  const [chosen, ...others] = failures.toSorted((a, b) => weight(b) - weight(a));
  if (chosen === undefined || others.length === 0) return chosen;
  const causes = failures.map(({ code, details }) => details.cause ?? code);
  return new Refusal(chosen.code, { ...chosen.details, cause: causes.join("; ") });
}

function weight(refusal: Refusal): number {
  const { entry, details } = refusal;
  if (entry.status >= 500) return 4;
  if (entry.status === 403) return 3;
  if (details.headers?.some(([name]) => name === "dpop-nonce")) return 2;
  return isForeign(refusal) ? 0 : 1;
}

function allOf(demands: readonly Demand[]): Demand {
  const credentials = demands.flatMap((demand) => demand.credentials);
  return { check: (ctx) => holdAll(demands, ctx), credentials };
}

/**
 * All must hold, and the first gives the identity. The first failure is the answer. Where the first is not
 * presented, neither are all as a whole (undefined), so that an `anyOf` around them goes on to its next.
 */
export function holdAll(demands: readonly Demand[], ctx: RequestContext): MaybePromise<CredentialVerdict> {
  const before = ctx.alsoProved?.length ?? 0;
  // What only one branch of a rule proved says nothing where another lets the request pass.
  const fail = (verdict: Refusal | undefined) => {
    ctx.alsoProved?.splice(before);
    return verdict;
  };
  const from = (at: number, first: Identity | undefined): MaybePromise<CredentialVerdict> => {
    const demand = demands[at];
    if (demand === undefined) return first;
    return after(demand.check(ctx), (verdict) => {
      if (verdict instanceof Refusal) return fail(verdict);
      if (verdict === undefined) return fail(at === 0 ? undefined : missingCredential([demand]));
      // Once it is settled who calls, rules are judged on trial, and what they prove changes nothing.
      if (first !== undefined && ctx.identity === undefined) {
        ctx.alsoProved ??= [];
        ctx.alsoProved.push(verdict);
      }
      return from(at + 1, first ?? verdict);
    });
  };
  return from(0, undefined);
}

/** Goes on at once where the value is there: a promise would cost every request a turn of the event loop. */
function after<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
