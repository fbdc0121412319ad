import * as z from "zod";
import type { KeyedContext, RequestContext } from "../../context.ts";
import type { ErrorCode } from "../../errors/catalog.ts";
import { RefusalError, refuse } from "../../errors/refusal.ts";
import { changeable, checkAnswer, isTaken } from "../../functions/answer.ts";
import type { BodyContext, FunctionContext } from "../../functions/context.ts";
import { type Hook, isHooksOwn, runHook } from "../../functions/hook.ts";
import { KeptBody } from "../../functions/kept-body.ts";
import { type HookedRequest, takeChange, type UpstreamChange } from "../../functions/upstream-change.ts";
import { privateContext } from "../../keyed.ts";
import { duration } from "../../schema/duration.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

// biome-ignore lint/suspicious/noConfusingVoidType: an arrow function may come to whatever it calls.
type Perhaps<T> = T | undefined | void;
type Maybe<T> = Perhaps<T> | Promise<Perhaps<T>>;

/** A function with a bound of its own. */
interface Timed<F> {
  /** The function. */
  readonly run: F;
  /** How long it may take, from `"1ms"` to `"5m"`. Default `"1s"`; never past the request's deadline. */
  readonly timeout?: string;
}

/** A function with bounds of its own. */
interface Bounded<F> extends Timed<F> {
  /** When it fails: `deny` (default) refuses the request, `allow` goes on as if it had given nothing. */
  readonly onFailure?: "allow" | "deny";
}

type Params = Readonly<Record<string, string>>;
type RequestHook<P> = (ctx: BodyContext<P>) => Maybe<Response>;
type UpstreamRequestHook<P> = (request: HookedRequest, ctx: FunctionContext<P>) => Maybe<UpstreamChange>;
type ResponseHook<P> = (response: Response, ctx: FunctionContext<P>) => Maybe<Response>;
type ErrorHook<P> = (
  refusal: { readonly code: ErrorCode; readonly status: number },
  ctx: FunctionContext<P>,
) => Maybe<Response>;

/**
 * Functions for what data cannot say, or `{ run, timeout, onFailure }`. One that throws, takes longer than its
 * `timeout` or gives what it should not has failed, and the access log says why. What it was calling ends with it.
 * All may call upstreams and other routes; what they call is not hooked itself.
 */
export interface HooksOptions<P = Params> {
  /** When the request has been let in, before the cache. A Response answers it; a body that it reads goes on. */
  readonly request?: RequestHook<P> | Bounded<RequestHook<P>>;
  /** Before each call of an upstream. On a cached route it sees what the cache key holds and no more. */
  readonly upstreamRequest?: UpstreamRequestHook<P> | Bounded<UpstreamRequestHook<P>>;
  /** After each call of an upstream, before its answer is stored. */
  readonly upstreamResponse?: ResponseHook<P> | Bounded<ResponseHook<P>>;
  /** On every answer that is no refusal, cache hits included. */
  readonly response?: ResponseHook<P> | Bounded<ResponseHook<P>>;
  /** On a refusal. A Response replaces the problem; where the hook fails, the problem stays. */
  readonly error?: ErrorHook<P> | Timed<ErrorHook<P>>;
}

/** The options as checked. */
interface CompiledHooks {
  readonly request?: Hook<RequestHook<Params>> | undefined;
  readonly upstreamRequest?: Hook<UpstreamRequestHook<Params>> | undefined;
  readonly upstreamResponse?: Hook<ResponseHook<Params>> | undefined;
  readonly response?: Hook<ResponseHook<Params>> | undefined;
  readonly error?: Hook<ErrorHook<Params>> | undefined;
}

/** ms */
const DEFAULT_TIMEOUT = 1_000;

/** @returns the schema of {@link HooksOptions}. */
export function options() {
  const run = z.custom<never>(
    (value) => typeof value === "function",
    "is a function, or an object with `run`",
  );
  const timeout = duration({ min: "1ms", max: "5m" }).default(DEFAULT_TIMEOUT);
  const onFailure = z.enum(["allow", "deny"]).default("deny");
  const hook = z
    .union([
      z.strictObject({ run, timeout, onFailure }),
      run.transform((run) => ({ run, timeout: DEFAULT_TIMEOUT, onFailure: "deny" as const })),
    ])
    .optional();
  // Where it fails, the problem it was asked about is the answer.
  const error = z
    .union([z.strictObject({ run, timeout }), run.transform((run) => ({ run, timeout: DEFAULT_TIMEOUT }))])
    .transform((bounded) => ({ ...bounded, onFailure: "allow" as const }))
    .optional();
  const schema: z.ZodType<CompiledHooks, HooksOptions> = z.strictObject({
    request: hook,
    upstreamRequest: hook,
    upstreamResponse: hook,
    response: hook,
    error,
  });
  return schema;
}

export function create(hooks: Resolved<CompiledHooks>, tools: Tools): Policy {
  const { request, upstreamRequest, upstreamResponse, response, error } = hooks as CompiledHooks;

  /** Lets a hook see an answer. @returns what goes on: its own answer, or the one that it saw */
  async function show(name: string, hook: Hook<ResponseHook<Params>>, answer: Response, ctx: KeyedContext) {
    const take = (given: unknown) => {
      if (given !== undefined) return checkAnswer(given, ctx.plan.websocket);
      if (isTaken(answer)) throw new Error("read the answer's body and gave nothing in its place");
      return answer;
    };
    const run = (context: FunctionContext) => hook.run(answer, context);
    return (await runHook(hook, { name, run, take }, ctx, tools)) ?? reclaim(answer, name);
  }

  return {
    ...(request && {
      async validate(ctx) {
        const body = new KeptBody(ctx);
        const reading = { json: () => body.json(), text: () => body.text() };
        const run = (context: FunctionContext) => request.run(Object.assign(context, reading));
        const take = (given: unknown) => takeAnswer(given, ctx);
        const answer = await runHook(request, { name: "request", run, take }, privateContext(ctx), tools);
        if (answer === undefined) body.expectWhole();
        return answer;
      },
    }),
    ...((upstreamRequest || upstreamResponse) && {
      async upstream(call, ctx, next) {
        if (isHooksOwn(ctx)) return next(call, ctx);
        let changed = call;
        if (upstreamRequest !== undefined) {
          const { method, path, search } = call;
          const shown = { method, path, search, headers: new Headers(call.headers) };
          const run = (context: FunctionContext) => upstreamRequest.run(shown, context);
          const take = (given: unknown) => takeChange(given, shown);
          const change = await runHook(upstreamRequest, { name: "upstreamRequest", run, take }, ctx, tools);
          changed = { ...call, ...change };
        }
        const answer = await next(changed, ctx);
        return upstreamResponse === undefined
          ? answer
          : show("upstreamResponse", upstreamResponse, answer, ctx);
      },
    }),
    ...(response && {
      async personalise(ctx, answer) {
        const shown = await show("response", response, answer, privateContext(ctx));
        return shown === answer ? answer : changeable(shown);
      },
    }),
    ...(error && {
      async error(ctx, { code, entry }) {
        const run = (context: FunctionContext) => error.run({ code, status: entry.status }, context);
        const take = (given: unknown) => takeAnswer(given, ctx);
        const bounds = { name: "error", run, take, afterDeadline: true } as const;
        return runHook(error, bounds, privateContext(ctx), tools);
      },
    }),
  };
}

function takeAnswer(given: unknown, { plan }: RequestContext): Response | undefined {
  return given === undefined ? undefined : changeable(checkAnswer(given, plan.websocket));
}

/**
 * Takes an answer back from a hook that failed: it may still be running, and must not read what others are given.
 * @throws RefusalError where it has begun to: the rest would pass for the whole
 */
function reclaim(answer: Response, name: string): Response {
  if (isTaken(answer)) {
    const cause = `the ${name} hook failed, and had begun to read the answer's body`;
    throw new RefusalError(refuse("internal-error", { cause }));
  }
  if (answer.body === null) return changeable(answer);
  const whole = answer.clone();
  answer.body.cancel().catch(() => {});
  return whole;
}
