import type { Budget } from "./budget.ts";
import type { TraceContext } from "./http/trace-context.ts";
import type { Identity } from "./identity/identity.ts";
import type { AccessRecord } from "./observe/record.ts";
import type { Plan } from "./plan.ts";
import type { ReferenceScope } from "./references/template.ts";

/** One rate limit's state after this request, shown to the caller in the `RateLimit` fields. */
export interface LimitState {
  /** The policy name in the `RateLimit` fields: an sf-string. */
  readonly name: string;
  /** The most units that there can be. */
  readonly limit: number;
  /** Seconds in which they are all there again; undefined where that is less than one. */
  readonly window: number | undefined;
  /** Grows again where what was taken is given back. */
  remaining: number;
  /** Seconds until more is available. */
  readonly reset: number;
}

/** The caller's half of a request: everything known about it. Each field names the phase that writes it. */
export interface RequestContext {
  // observe.begin
  readonly request: Request;
  readonly id: string;
  readonly trace: TraceContext;
  /** The client's address as the platform saw it; empty where the platform tells none. */
  readonly address: string;
  /** Arrival, in ms since the epoch. */
  readonly start: number;
  readonly record: AccessRecord;
  /** A test need not be able to abort. */
  readonly execution: Pick<ExecutionContext, "waitUntil"> & Partial<Pick<ExecutionContext, "abort">>;
  readonly budget: Budget;
  /** How deep in `dispatch` this request is: 0 for the client's own. */
  readonly depth: number;

  // match
  readonly method: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** Lower case, with the port where the URL has one. */
  readonly host: string;
  /** The one normalised path that matching, access, cache key and origin all see. */
  readonly path: string;
  /** The query with its `?`, or empty. */
  readonly search: string;
  readonly plan: Plan;
  readonly params: Readonly<Record<string, string>>;
  /** The query, parsed on first use. */
  readonly query: URLSearchParams;

  // authenticate
  identity: Identity | undefined;
  /** Who else was proved to call, where a rule wants several credentials: `identity` is the first of them. */
  alsoProved?: Identity[] | undefined;
  /** Fields that services who were asked about the caller have for the origin, over and above who calls. */
  toOrigin: ReadonlyArray<readonly [name: string, value: string]> | undefined;

  // limit
  limits: LimitState[] | undefined;

  /** See {@link KeyedContext.lookOut}. */
  readonly lookOut: (() => void) | undefined;
  /** See {@link KeyedContext.whenGone}. */
  readonly whenGone?: ((left: () => void) => void) | undefined;

  // personalise
  /** Settles when the answer's body has ended, where it is watched: the access log waits for it. */
  ended: Promise<void> | undefined;

  /** What references in the caller's half may see. */
  scope(): ReferenceScope;
  /** The body has been read, whole: whoever asks for it from now on is given these bytes. */
  keepBody(bytes: Uint8Array): void;
  /** Authenticate: takes what carried a credential out of the request, for all that comes after. */
  withhold(carriers: Carriers): void;
  /** For what the gateway asks on its own account, such as who a token belongs to: nothing of the caller is in it. */
  systemContext(): KeyedContext;
}

/** Where credentials travel beside header fields. */
export interface Carriers {
  /** Names of cookies. */
  readonly cookies: ReadonlySet<string>;
  /** Names of query parameters, in lower case. */
  readonly parameters: ReadonlySet<string>;
}

/**
 * The shared half of a request: what may decide a response that others will be given too.
 * On a cached route it holds inputs of the cache key and nothing else; `exposure` says which it is.
 */
export interface KeyedContext {
  /** `keyed`: only inputs of the cache key. `private`: the answer is for this caller alone, so all of it. */
  readonly exposure: "keyed" | "private";
  readonly id: string;
  readonly trace: TraceContext;
  readonly address: string;
  readonly host: string;
  readonly scheme: string;
  readonly record: AccessRecord;
  readonly execution: Pick<ExecutionContext, "waitUntil">;
  readonly budget: Budget;
  readonly depth: number;
  readonly plan: Plan;
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Request headers that may reach an origin. Read-only: layers work on copies. */
  readonly headers: Headers;
  readonly body: ReadableStream | null;
  /** Present only when the answer is private or keyed per identity. */
  readonly identity: Identity | undefined;
  /** See {@link RequestContext.toOrigin}; present only when the answer is private. */
  readonly toOrigin: RequestContext["toOrigin"];
  /**
   * From now on the log tells should the client go before it is answered. For who may keep it waiting: it costs a
   * twentieth of what forwarding costs, so it is not for answers that come at once.
   */
  readonly lookOut: (() => void) | undefined;
  /**
   * Calls back should the client go before its answer has ended, where there is one that waits: nothing that comes later
   * may run. It costs what {@link lookOut} does.
   */
  readonly whenGone?: ((left: () => void) => void) | undefined;
  scope(): ReferenceScope;
}
