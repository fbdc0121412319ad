import { Budget } from "./budget.ts";
import { NEGOTIATION } from "./cache/vary.ts";
import type { KeyedContext, RequestContext } from "./context.ts";
import type { Identity } from "./identity/identity.ts";
import type { AccessRecord } from "./observe/record.ts";
import type { Plan } from "./plan.ts";
import { RequestScope } from "./references/scope.ts";
import type { ReferenceScope } from "./references/template.ts";

/** Which inputs a cache key holds, and so which ones the shared half may see. */
export interface CacheCut {
  /** Request header names of the key, in lower case. */
  readonly headers: readonly string[];
  /** Whether the key holds the identity. */
  readonly identity: boolean;
  /** The query as the key holds it, with its `?`, or empty. */
  readonly search: string;
  /** Conditional headers with which a stored response is revalidated. */
  readonly conditional?: ReadonlyArray<readonly [name: string, value: string]>;
}

/** What both halves of a request have in common. */
type Both = Pick<
  RequestContext & KeyedContext,
  | "id"
  | "trace"
  | "host"
  | "scheme"
  | "record"
  | "execution"
  | "depth"
  | "plan"
  | "path"
  | "params"
  | "lookOut"
  | "whenGone"
>;

/** The shared half of one request. Made only here, so that what crosses the cut is decided in one file. */
class Keyed implements KeyedContext {
  readonly exposure;
  readonly id;
  readonly trace;
  readonly address;
  readonly host;
  readonly scheme;
  readonly record;
  readonly execution;
  readonly budget: Budget;
  readonly depth;
  readonly plan;
  readonly method: string;
  readonly path;
  readonly search: string;
  readonly params;
  readonly headers: Headers;
  readonly body: ReadableStream | null;
  readonly identity: Identity | undefined;
  readonly toOrigin: RequestContext["toOrigin"];
  readonly lookOut;
  readonly whenGone: KeyedContext["whenGone"];
  #query: URLSearchParams | undefined;

  constructor(
    ctx: Both,
    exposure: KeyedContext["exposure"],
    seen: Pick<KeyedContext, "budget" | "method" | "search" | "headers" | "body" | "identity" | "address"> & {
      plan?: Plan;
      record?: AccessRecord;
      toOrigin?: RequestContext["toOrigin"];
      /** Nobody waits for it. */
      background?: boolean;
    },
  ) {
    this.exposure = exposure;
    // An id or trace state of the client's own choosing is an input that no cache key holds.
    this.id = exposure === "keyed" ? ctx.trace.traceId : ctx.id;
    this.trace = exposure === "keyed" ? { ...ctx.trace, state: undefined } : ctx.trace;
    this.address = seen.address;
    this.host = ctx.host;
    this.scheme = ctx.scheme;
    this.record = seen.record ?? ctx.record;
    this.execution = ctx.execution;
    this.budget = seen.budget;
    this.depth = ctx.depth;
    this.plan = seen.plan ?? ctx.plan;
    this.method = seen.method;
    this.path = ctx.path;
    this.search = seen.search;
    this.params = ctx.params;
    this.headers = seen.headers;
    this.body = seen.body;
    this.identity = seen.identity;
    this.toOrigin = seen.toOrigin;
    this.lookOut = ctx.lookOut;
    this.whenGone = seen.background ? undefined : ctx.whenGone;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search);
    return this.#query;
  }

  scope(): ReferenceScope {
    return new RequestScope(this, this.headers);
  }
}

/** The cut of an uncached route: its answer is for this caller alone, so the action may see all of it. */
export function privateContext(ctx: RequestContext): KeyedContext {
  const { request, budget, method, search, identity, address, toOrigin } = ctx;
  // A GET with `Content-Length: 0` has an (empty) body stream, which fetch would refuse to send.
  const body = method === "GET" || method === "HEAD" ? null : request.body;
  return new Keyed(ctx, "private", {
    budget,
    method,
    search,
    headers: request.headers,
    body,
    identity,
    address,
    toOrigin,
  });
}

/**
 * The cut of a cached route: inputs of the key and nothing else. Always a GET, so that HEAD fills the cache too.
 * @param background for a revalidation after the answer: it gets a budget and a record of its own.
 */
export function keyedContext(
  ctx: RequestContext,
  cut: CacheCut,
  background: boolean,
  now: number,
): KeyedContext {
  const headers = new Headers();
  for (const name of [...NEGOTIATION, ...cut.headers]) {
    const value = ctx.request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  for (const [name, value] of cut.conditional ?? []) headers.set(name, value);
  return new Keyed(ctx, "keyed", {
    budget: background ? new Budget(now + ctx.plan.deadline) : ctx.budget,
    record: background ? {} : ctx.record,
    background,
    method: "GET",
    search: cut.search,
    headers,
    body: null,
    identity: cut.identity ? ctx.identity : undefined,
    // The origin of a shared answer must not learn, and so not depend on, who happened to ask first.
    address: "",
  });
}

/** The same half for one who gets a budget of its own, such as a hook. */
export function withBudget(ctx: KeyedContext, budget: Budget): KeyedContext {
  const { method, search, headers, body, identity, address, toOrigin } = ctx;
  const seen = { budget, method, search, headers, body, identity, address, toOrigin };
  return new Keyed(ctx, ctx.exposure, seen);
}

/** The cut for the gateway's own needs, such as fetching an issuer's keys: nothing of the caller or the route. */
export function systemContext(
  ctx: Both & Pick<RequestContext, "budget">,
  budget: Budget = ctx.budget,
): KeyedContext {
  const { plan } = ctx;
  const headers = new Headers({ accept: "application/json" });
  const bare: Plan = { ...plan, road: { ...plan.road, upstream: [] } };
  return new Keyed(ctx, "keyed", {
    plan: bare,
    budget,
    method: "GET",
    search: "",
    headers,
    body: null,
    identity: undefined,
    address: "",
  });
}
