import type { KeyedContext } from "./context.ts";
import type { Deps } from "./deps.ts";
import { problem } from "./errors/problem.ts";
import { Refusal, RefusalError, refuse } from "./errors/refusal.ts";
import { formatTraceparent } from "./http/trace-context.ts";
import { isWebSocketUpgrade } from "./http/websocket.ts";
import { privateContext } from "./keyed.ts";
import { normalisePath } from "./match/normalise.ts";
import type { Router } from "./match/router.ts";
import { splitTarget, validateSearch } from "./match/target.ts";
import { accepts, type Predicates } from "./match/when.ts";
import { accessLine } from "./observe/access-log.ts";
import { causeText } from "./observe/cause.ts";
import type { Plan } from "./plan.ts";
import { GatewayRequest } from "./request-context.ts";

/** How deep routes may dispatch to one another. */
const MAX_DEPTH = 8;

type Execution = Pick<ExecutionContext, "waitUntil">;

/** What a gateway runs on: made from the blueprint once per isolate. */
export interface GatewayParts {
  readonly deps: Deps;
  readonly router: Router;
  /** Predicates of the routes that have some, by route index. */
  readonly when: Readonly<Record<number, Predicates>>;
  /** The plan of a route, made when first asked for. */
  readonly plan: (route: number) => Plan;
  /** Finalises what no route answered. */
  readonly unmatched: () => Plan;
}

/** The story of a request. */
export class Gateway {
  readonly #parts: GatewayParts;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  /** One request from arrival to answer. Never rejects. */
  async fetch(request: Request, execution: Execution): Promise<Response> {
    const { deps, unmatched } = this.#parts;
    const ctx = new GatewayRequest(request, execution, deps, unmatched());
    const response = await this.#answer(ctx);
    response.headers.set("x-request-id", ctx.id);
    response.headers.set("traceparent", formatTraceparent(ctx.trace));
    const end = () => {
      deps.log(accessLine(ctx, response.status, deps.now()));
      deps.refusals.note(ctx.plan.facts.id, ctx.record, execution);
    };
    if (ctx.ended === undefined) end();
    else execution.waitUntil(ctx.ended.then(end));
    return response;
  }

  /** Sends a request through the gateway again, as a child of one that is under way. */
  async dispatch(request: Request, parent: KeyedContext): Promise<Response> {
    const { deps, unmatched } = this.#parts;
    if (parent.depth >= MAX_DEPTH) throw new RefusalError(refuse("loop-detected"));
    const ctx = new GatewayRequest(request, parent.execution, deps, unmatched(), parent);
    const response = await this.#answer(ctx);
    parent.record.children ??= [];
    parent.record.children.push(accessLine(ctx, response.status, deps.now()));
    deps.refusals.note(ctx.plan.facts.id, ctx.record, parent.execution);
    return response;
  }

  /** Refused or not, every answer is finalised by its route's policies. */
  async #answer(ctx: GatewayRequest): Promise<Response> {
    let verdict: Response | Refusal;
    try {
      verdict = this.#match(ctx) ?? (await callersHalf(ctx));
    } catch (error) {
      verdict = asRefusal(error);
    }
    let response = verdict instanceof Refusal ? await refusalAnswer(ctx, verdict) : verdict;
    try {
      for (const finalise of ctx.plan.road.finalise) finalise(ctx, response.headers, response);
    } catch (error) {
      response = await refusalAnswer(ctx, asRefusal(error));
    }
    // A HEAD that fell back to GET may have made a body.
    return ctx.method === "HEAD" && response.body !== null ? new Response(null, response) : response;
  }

  /** Finds the route. Says something only where none is to be run: a refusal, or the answer to OPTIONS. */
  #match(ctx: GatewayRequest): Response | Refusal | undefined {
    const target = splitTarget(ctx.request.url);
    if (target instanceof Refusal) return target;
    ctx.scheme = target.scheme;
    ctx.host = target.host;
    const path = normalisePath(target.rawPath);
    if (path instanceof Refusal) return path;
    ctx.path = path;
    const malformed = validateSearch(target.search);
    if (malformed !== undefined) return malformed;
    ctx.search = target.search;

    const { router, when, plan } = this.#parts;
    const fits = (route: number) => accepts(when[route], ctx);
    const met = router.match(ctx.host, ctx.method, ctx.path, fits);
    if (met.kind === "found") {
      ctx.meet(plan(met.route), met.params);
      return ctx.plan.websocket ? upgradeOnly(ctx.request) : undefined;
    }
    if (met.kind === "none") return refuse("route-not-found");
    const allow: [string, string] = ["allow", met.allow.join(", ")];
    if (ctx.method !== "OPTIONS") return refuse("method-not-allowed", { headers: [allow] });
    // A preflight asks about another method: that method's route finalises the answer, so its CORS rules apply.
    const asked = ctx.request.headers.get("access-control-request-method");
    const meant = asked === null ? met : router.match(ctx.host, asked, ctx.path, fits);
    if (meant.kind === "found") ctx.meet(plan(meant.route), meant.params);
    return new Response(null, { status: 204, headers: [allow] });
  }
}

/** guard → authenticate → authorize → limit → validate → replay ‖, and personalise on the way back. */
async function callersHalf(ctx: GatewayRequest): Promise<Response | Refusal> {
  const { road } = ctx.plan;
  for (const step of road.caller) {
    let verdict = step(ctx);
    if (verdict instanceof Promise) verdict = await verdict;
    if (verdict !== undefined) return verdict;
  }
  const [replay] = road.replay;
  let response = replay === undefined ? await sharedHalf(privateContext(ctx)) : await replay(ctx, sharedHalf);
  for (const personalise of road.personalise) response = await personalise(ctx, response);
  return response;
}

/** admit → ACTION → transform: what others may be given too, decided by nothing but the keyed context. */
async function sharedHalf(ctx: KeyedContext): Promise<Response> {
  const { road, action } = ctx.plan;
  for (const step of road.admit) {
    const verdict = await step(ctx);
    if (verdict instanceof Refusal) throw new RefusalError(verdict);
    if (verdict !== undefined) return verdict;
  }
  let response = await action(ctx);
  for (const transform of road.transform) response = await transform(ctx, response);
  return response;
}

/** The answer to a refusal: the route's own error policies first, else the problem. */
async function refusalAnswer(ctx: GatewayRequest, refusal: Refusal): Promise<Response> {
  const { cause } = refusal.details;
  ctx.record.code = refusal.code;
  ctx.record.fault = refusal.entry.fault;
  if (cause !== undefined) ctx.record.cause = causeText(cause);
  for (const handle of ctx.plan.road.error) {
    const response = await handle(ctx, refusal);
    if (response !== undefined) return response;
  }
  return problem(refusal, ctx.id);
}

/** What was thrown: a refusal on its way up, or a bug, of which the client learns nothing. */
function asRefusal(error: unknown): Refusal {
  return error instanceof RefusalError ? error.refusal : refuse("internal-error", { cause: error });
}

/** A WebSocket route takes nothing else (RFC 9110 §15.5.22). */
function upgradeOnly(request: Request): Refusal | undefined {
  if (isWebSocketUpgrade(request.headers)) return undefined;
  return refuse("upgrade-required", { headers: [["upgrade", "websocket"]] });
}
