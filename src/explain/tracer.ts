import type { KeyedContext, RequestContext } from "../context.ts";
import type { Refusal } from "../errors/refusal.ts";
import type { OriginFetch } from "../upstream/forward.ts";
import { withoutReplaced } from "./presented-credentials.ts";
import { type Redactor, redactorOf } from "./redact.ts";
import type { Traced, TracedCall, TracedEvent, TracedPut, TracedRefusal } from "./traced.ts";

type Context = RequestContext | KeyedContext;
type Maybe<T> = T | Promise<T>;

/** Whose call of an upstream it is. */
export type Caller = Pick<TracedCall, "route" | "depth" | "step">;

/** Longest text of a body that is shown, in characters. */
const LONGEST_BODY = 2_000;

/** Writes down what happens to one request. */
export class Tracer {
  readonly events: TracedEvent[] = [];
  readonly calls: TracedCall[] = [];
  /** The route that the request itself has met. */
  route: Traced["route"];
  /** Leaves credentials out of what is written down. */
  readonly redactor: Redactor;
  #ended = false;
  readonly #now: () => number;
  /** By the signal that ends the exchange: the one thing that goes with it from the action to its origin. */
  readonly #callers = new WeakMap<AbortSignal, Caller>();
  /** What of a list of a request's state has been told, by index. */
  readonly #told = new WeakMap<readonly unknown[], Set<number>>();

  /** @param now ms since the epoch */
  constructor(now: () => number, redactor = redactorOf()) {
    this.#now = now;
    this.redactor = redactor;
  }

  /**
   * Runs a step of the road and notes what came of it.
   * @param tell what its result says
   */
  run<T>(
    { phase, name }: Pick<TracedEvent, "phase" | "name">,
    ctx: Context,
    work: () => Maybe<T>,
    tell: (result: T) => Partial<TracedEvent>,
  ): Maybe<T> {
    if (this.#ended) return work();
    const { depth, plan } = ctx;
    const { id, variant } = plan.facts;
    if (depth === 0 && id !== "") this.route = { id, ...(variant !== undefined && { variant }) };
    const event: TracedEvent = { route: id, depth, phase, name, outcome: "passes" };
    this.events.push(event);
    const begun = this.#now();
    const { identity } = ctx;
    const before = stateOf(ctx);
    const close = (told: Partial<TracedEvent>) => {
      Object.assign(event, told, this.#said(before, ctx), newIdentity(identity, ctx));
      event.ms = this.#now() - begun;
    };
    const done = (result: T) => {
      close(tell(result));
      return result;
    };
    const failed = (error: unknown): never => {
      close(this.#failure(error));
      throw error;
    };
    try {
      const result = work();
      return result instanceof Promise ? result.then(done, failed) : done(result);
    } catch (error) {
      return failed(error);
    }
  }

  /**
   * What comes later is not written down: a stored answer that is renewed, or an issuer's keys, which all requests of
   * the isolate share with the one that first asked for them.
   */
  end(): void {
    this.#ended = true;
  }

  /** Notes whose call it is that the signal ends. */
  expect(signal: AbortSignal, caller: Caller): void {
    this.#callers.set(signal, caller);
  }

  /** What a step has added to the lists of a request's state, without what steps within it have. */
  #said(before: ReturnType<typeof stateOf>, ctx: Context): Partial<TracedEvent> {
    const { notes, reported, authorization } = ctx.record;
    const decided = authorization !== before.authorization && authorization !== undefined;
    // As they are now: what is given back later changes them.
    const limits = this.#untold(limitsOf(ctx), before.limits).map((limit) => ({ ...limit }));
    const said = {
      notes: this.#untold(notes, before.notes).map(this.redactor.url),
      reported: this.#untold(reported, before.reported),
      limits,
    };
    const lists = Object.fromEntries(Object.entries(said).filter(([, list]) => list.length > 0));
    return decided ? { decided: this.redactor.url(authorization), ...lists } : lists;
  }

  #untold<T>(list: readonly T[] | undefined, from: number): readonly T[] {
    if (list === undefined) return [];
    const told = this.#told.get(list) ?? new Set();
    this.#told.set(list, told);
    const untold = [...list.keys()].filter((index) => index >= from && !told.has(index));
    for (const index of untold) told.add(index);
    return untold.map((index) => list[index]!);
  }

  /**
   * Runs a call of an origin and notes what left and how it went.
   * @param puts what is put on it last of all
   * @param answer asks the origin, or plays it
   */
  async call(
    upstream: string,
    shown: string,
    init: Parameters<OriginFetch["fetch"]>[1],
    puts: readonly TracedPut[],
    answer: (caller: Caller | undefined) => Maybe<Response>,
  ): Promise<Response> {
    const caller = init.signal ? this.#callers.get(init.signal) : undefined;
    if (this.#ended) return answer(caller);
    const { body } = init;
    const { redactor } = this;
    const call: TracedCall = {
      ...(caller ?? { route: "", depth: 0 }),
      upstream,
      method: init.method ?? "GET",
      url: redactor.url(shown),
      headers: withoutReplaced([...new Headers(init.headers)], puts).map(redactor.field),
      ...(puts.length > 0 && { puts }),
      ...(body && {
        body: typeof body === "string" ? redactor.body(body.slice(0, LONGEST_BODY)) : "the request's own",
      }),
    };
    this.calls.push(call);
    const begun = this.#now();
    try {
      const response = await answer(caller);
      call.status = response.status;
      return response;
    } catch (error) {
      call.error = redactor.url(causeOf(error));
      throw error;
    } finally {
      call.ms = this.#now() - begun;
    }
  }

  /** A refusal as operators see it. */
  refusal({ code, entry, details }: Refusal): TracedRefusal {
    const { detail, cause } = details;
    return {
      code,
      status: entry.status,
      ...(detail !== undefined && { detail }),
      ...(cause !== undefined && { cause: this.redactor.url(causeOf(cause)) }),
    };
  }

  #failure(error: unknown): Partial<TracedEvent> {
    if (error instanceof Error && "refusal" in error) {
      return { outcome: "refuses", refusal: this.refusal(error.refusal as Refusal) };
    }
    const cause = this.redactor.url(causeOf(error));
    return { outcome: "fails", refusal: { code: "internal-error", status: 500, cause } };
  }
}

/** One line of it, without the place in the code. */
function causeOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : "an exception";
  return text.split("\n")[0]!;
}

function stateOf(ctx: Context) {
  const { notes = [], reported = [], authorization } = ctx.record;
  return {
    authorization,
    notes: notes.length,
    reported: reported.length,
    limits: limitsOf(ctx)?.length ?? 0,
  };
}

function limitsOf(ctx: Context): RequestContext["limits"] {
  return "limits" in ctx ? ctx.limits : undefined;
}

/** Who calls, where a step has found out. */
function newIdentity(before: Context["identity"], { identity }: Context): Pick<TracedEvent, "identity"> {
  if (identity === undefined || identity === before) return {};
  const { id, subject, scopes, key } = identity;
  return { identity: { id, subject, scopes, ...(key !== undefined && { key }) } };
}
