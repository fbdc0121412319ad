import { Budget } from "../../../src/budget.ts";
import type { KeyedContext, RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { problem } from "../../../src/errors/problem.ts";
import { Refusal } from "../../../src/errors/refusal.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import { create, options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import type { Policy, RouteFacts, Tools, Verdict } from "../../../src/policies/policy.ts";
import type { CounterStore, LocalCounterStore } from "../../../src/stores/counters/counter-store.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";

export const START = 1_800_000_000_000;

/** Who asks, and for what. */
export interface Caller {
  readonly address?: string;
  readonly headers?: Record<string, string>;
  readonly query?: string;
  readonly params?: Record<string, string>;
  readonly identity?: Partial<Identity>;
  /** ms that it has from the start. */
  readonly deadline?: number;
  /** What access says of it; by default nothing. */
  readonly access?: Refusal;
}

/** The part of a request's context that a limit looks at, and what is done once it is answered. */
export interface Asking extends RequestContext {
  readonly later: Array<Promise<unknown>>;
}

/** A request's context, as far as limits look at it. */
export function request({
  address = "203.0.113.9",
  headers,
  query = "",
  params = {},
  identity,
  deadline = 10_000,
}: Caller = {}): Asking {
  const later: Array<Promise<unknown>> = [];
  const ctx: Partial<Asking> = {
    request: new Request("https://api.example/", { headers: headers ?? {} }),
    address,
    params,
    query: new URLSearchParams(query),
    budget: new Budget(START + deadline),
    record: {},
    limits: undefined,
    identity: identity as Identity | undefined,
    execution: { waitUntil: (work) => void later.push(work) },
    later,
  };
  const { request, query: parsed } = ctx as RequestContext;
  ctx.scope = () => ({
    params,
    identity,
    query: parsed,
    headers: request.headers,
    request: { id: "r", method: "GET", path: "/a" },
  });
  return ctx as Asking;
}

/** What surrounds a limit under test. */
export interface Surroundings {
  readonly authenticates?: boolean;
  readonly id?: string;
  readonly store?: CounterStore;
  /** Fills with random bytes; unless told otherwise with zeros, so that nothing is spread. */
  readonly random?: Deps["random"];
}

/** The facts of the route under test. */
export function facts({ authenticates = false, id = "GET /a" }: Surroundings = {}): RouteFacts {
  return { id, method: "GET", pattern: "/a", authenticates };
}

/** Configured limits of one route with their own clock and store. */
export function limiter(
  written: RateLimitOptions | readonly RateLimitOptions[],
  surroundings: Surroundings = {},
) {
  const { store, random = (bytes) => bytes.fill(0) } = surroundings;
  const clock = { now: START };
  const log: Array<Readonly<Record<string, unknown>>> = [];
  const counters = store ?? createMemoryStore(() => clock.now);
  const policy = create(
    [written].flat().map((each) => options().parse(each)),
    {
      deps: { counters, now: () => clock.now, log: (line) => void log.push(line), random } as Pick<
        Deps,
        "counters" | "now" | "log" | "random"
      > as Deps,
      route: facts(surroundings),
    } as Tools,
  );
  return { clock, policy, counters, log, ask: (ctx: RequestContext) => ask(policy, ctx) };
}

/** Asks the first place where the route's limits stand. */
export function ask(policy: Policy, ctx: RequestContext): Verdict | Promise<Verdict> {
  return (policy.guard ?? policy.limit)?.(ctx);
}

/** Whether that place lets a request pass. */
export async function allowed(policy: Policy, caller: Caller): Promise<boolean> {
  return (await ask(policy, request(caller))) === undefined;
}

/** Takes a request along the whole road, as the gateway does. @returns the answer's status, headers and body. */
export async function answer(policy: Policy, caller: Caller = {}, ctx = request(caller)) {
  const steps = [
    policy.guard,
    () => caller.access,
    policy.limit,
    (ctx: RequestContext) => policy.admit?.(ctx as RequestContext & KeyedContext),
  ];
  let verdict: Verdict;
  for (const step of steps) verdict ??= await step?.(ctx);
  if (verdict instanceof Refusal) verdict = (await policy.error?.(ctx, verdict)) ?? verdict;
  const response = verdict instanceof Refusal ? problem(verdict, "id") : (verdict ?? new Response());
  policy.finalise?.(ctx, response.headers, response);
  await Promise.all(ctx.later);
  return {
    status: response.status,
    headers: response.headers,
    body: response.status === 200 ? undefined : await response.json<Readonly<Record<string, unknown>>>(),
    record: ctx.record,
    subrequests: ctx.budget.subrequests,
  };
}

/** A store that counts in memory but is asked as a shared one is. */
export function sharedStore(local: LocalCounterStore): CounterStore {
  return {
    remote: true,
    take: async (take) => local.take(take),
    peek: async (peek) => local.peek(peek),
    refund: async (refund) => local.refund(refund),
    charge: async (take) => local.charge(take),
    lease: () => Promise.reject(new Error("leases nothing")),
  };
}

const unreachable = () => Promise.reject(new Error("upstash: no answer within 250 ms"));

/** A store that cannot be reached. */
export const failing: CounterStore = {
  remote: true,
  take: unreachable,
  peek: unreachable,
  refund: unreachable,
  charge: unreachable,
  lease: unreachable,
};
