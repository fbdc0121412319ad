import type * as z from "zod";
import type { KeyedContext, RequestContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import type { EnvReference } from "../env.ts";
import type { Refusal } from "../errors/refusal.ts";
import type { Credential } from "../identity/credential.ts";
import type { CredentialDeclaration } from "../identity/declare.ts";
import type { Priority } from "../shedding/priority.ts";
import type { UpstreamDeclaration } from "../upstream/declare.ts";
import type { Upstream, UpstreamCall, UpstreamRequest } from "../upstream/upstream.ts";

/** What a phase of the caller's half says: nothing (go on), no, or an answer of its own. */
export type Verdict = Refusal | Response | undefined;
type Maybe<T> = T | Promise<T>;

/** Runs the shared half (admit, transform, action) for a cut that a replay policy has made. */
export type Proceed = (keyed: KeyedContext) => Promise<Response>;

/** Answers as the route does, refusals included. @param request as it goes on: of the same method and URL */
export type AnswerRoute = (request: Request) => Promise<Response>;

/**
 * What a configured policy does, by phase. A policy implements the few phases it needs; only those run.
 * Left of the cut a phase sees the whole request; right of it only a {@link KeyedContext}.
 */
export interface Policy {
  /** Request headers that are the gateway's own business and end here. Lower case. */
  readonly withheld?: readonly string[];
  /** The most bytes of a request body that whoever reads it, or sends it on, may take. */
  readonly bodyLimit?: number;
  /** How much the route's requests matter where not all can be served. */
  readonly priority?: Priority;
  /** The route speaks WebSocket and nothing else. */
  readonly websocket?: true;

  /** Wraps the caller's half and the answers to its refusals. */
  around?(ctx: RequestContext, proceed: AnswerRoute): Promise<Response>;

  guard?(ctx: RequestContext): Maybe<Verdict>;
  authenticate?(ctx: RequestContext): Maybe<Verdict>;
  authorize?(ctx: RequestContext): Maybe<Verdict>;
  limit?(ctx: RequestContext): Maybe<Verdict>;
  validate?(ctx: RequestContext): Maybe<Verdict>;
  /** Answers from a store, or makes the cut and lets `proceed` answer. */
  replay?(ctx: RequestContext, proceed: Proceed): Promise<Response>;

  admit?(ctx: KeyedContext): Maybe<Verdict>;
  /** Wraps action and transform, for what lasts as long as they do. @throws RefusalError where it lets none in */
  hold?(ctx: KeyedContext, proceed: () => Promise<Response>): Promise<Response>;
  /** Wraps every upstream call of the route's action. */
  upstream?(request: UpstreamRequest, ctx: KeyedContext, next: UpstreamCall): Promise<Response>;
  transform?(ctx: KeyedContext, response: Response): Maybe<Response>;

  /** Per-caller work on the answer: runs for hits too. */
  personalise?(ctx: RequestContext, response: Response): Maybe<Response>;
  /** Last touches on the headers of every answer of the route: hits, refusals, errors. */
  finalise?(ctx: RequestContext, headers: Headers, response: Response): void;
  /** May answer a refusal, or put another in its place, which those after it are shown. */
  error?(ctx: RequestContext, refusal: Refusal): Maybe<Verdict>;
}

/** What the route is, for a policy or action that is being configured for it. */
export interface RouteFacts {
  /** `METHOD /path` with the group's prefix. */
  readonly id: string;
  readonly method: string;
  readonly pattern: string;
  /** Whether its access is anything but public. */
  readonly authenticates: boolean;
  /** Whether policies behind its rate limits refuse by limits too: nothing is consumed then. */
  readonly limitedFurther?: true;
  /** Its `when` as JSON, where it has one: what tells it from the other variants of its `id`. */
  readonly variant?: string;
}

/**
 * Sends a request through the gateway itself as a child of `parent`: it shares the parent's budget, trace and
 * request id and is judged like any other request. @throws RefusalError `loop-detected` when nested too deep.
 */
export type Dispatch = (request: Request, parent: KeyedContext) => Promise<Response>;

/** What policies, actions and credentials are configured with beside their options. */
export interface SharedTools {
  readonly deps: Deps;
  readonly dispatch: Dispatch;
  /** A declared upstream by name, for functions, which hold the declaration and not the running thing. */
  readonly upstream: (name: string) => Upstream;
}

/** What a policy or action is configured with: the shared tools, and the route that it is for. */
export interface Tools extends SharedTools {
  readonly route: RouteFacts;
}

/** Options as `create` receives them: declarations replaced by the running things, env names by their values. */
export type Resolved<T> = T extends UpstreamDeclaration
  ? Upstream
  : T extends CredentialDeclaration
    ? Credential
    : T extends EnvReference
      ? string
      : T extends (...args: never[]) => unknown
        ? T
        : T extends ReadonlyArray<infer E>
          ? ReadonlyArray<Resolved<E>>
          : T extends object
            ? { [K in keyof T]: Resolved<T[K]> }
            : T;

/**
 * A policy's module. `options` runs at build only (so zod stays out of the Worker) and turns what the user
 * wrote (`Input`) into what `create` needs (`Output`): durations in ms, references compiled. One that exports
 * `repeatable` may be several times on a route; its `create` gets all their options as one list. One that needs a part
 * of the Worker that not all have names it in `uses`.
 */
export interface PolicyModule<Input, Output> {
  options(): z.ZodType<Output, Input>;
  create(options: Resolved<Output>, tools: Tools): Policy;
}
