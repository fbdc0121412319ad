import { Budget } from "./budget.ts";
import type { KeyedContext } from "./context.ts";
import type { Deps } from "./deps.ts";
import { problem } from "./errors/problem.ts";
import { Refusal, RefusalError, refuse } from "./errors/refusal.ts";
import { findRoute, type RouteTable } from "./find-route.ts";
import { formatTraceparent } from "./http/trace-context.ts";
import { privateContext, systemContext } from "./keyed.ts";
import { accessLine } from "./observe/access-log.ts";
import { causeText } from "./observe/cause.ts";
import type { Plan } from "./plan.ts";
import { GatewayRequest } from "./request-context.ts";
import type { Upstream, UpstreamRequest } from "./upstream/upstream.ts";

/** How deep routes may dispatch to one another. */
const MAX_DEPTH = 8;
/** What the access log calls the status of a request whose client has not waited for one. No client sees it. */
const CLIENT_GONE = 499;

/** Stands for the request where there is none. No origin sees it. */
const OWN_ACCOUNT = "https://gateway.invalid/";

type Execution = Pick<ExecutionContext, "waitUntil">;

/** What a gateway runs on: made from the blueprint once per isolate. */
export interface GatewayParts extends RouteTable {
  readonly deps: Deps;
  /** Finalises what no route answered. */
  readonly unmatched: () => Plan;
  /** A declared upstream. @throws RefusalError `configuration-missing` */
  readonly upstream: (name: string) => Upstream;
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
    let waiting = true;
    const end = (status: number) => {
      deps.log(accessLine(ctx, status, deps.now()));
      deps.refusals.note(ctx.plan.facts.id, ctx.record, execution);
    };
    ctx.lookOut = () => {
      // The runtime calls off what is under way, so that nothing that comes later could write the line.
      request.signal.addEventListener("abort", () => {
        if (!waiting) return;
        waiting = false;
        ctx.record.fault = "client";
        ctx.record.cause = "the client has gone";
        end(CLIENT_GONE);
      });
    };
    const response = await this.#answer(ctx);
    ctx.budget.answered(response);
    if (!waiting) return response;
    waiting = false;
    response.headers.set("x-request-id", ctx.id);
    response.headers.set("traceparent", formatTraceparent(ctx.trace));
    if (ctx.ended === undefined) end(response.status);
    else execution.waitUntil(ctx.ended.then(() => end(response.status)));
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

  /**
   * Sends something to an upstream on the gateway's own account, outside any request.
   * @param ms until the answer's headers are due
   * @throws RefusalError where there is no answer
   */
  async send(
    upstream: string,
    request: UpstreamRequest,
    ms: number,
    execution: Execution,
  ): Promise<Response> {
    const { deps, unmatched, upstream: find } = this.#parts;
    const ctx = new GatewayRequest(new Request(OWN_ACCOUNT), execution, deps, unmatched());
    return find(upstream).send(request, systemContext(ctx, new Budget(deps.now() + ms)));
  }

  /** Refused or not, every answer is finalised by its route's policies. */
  async #answer(ctx: GatewayRequest): Promise<Response> {
    let verdict: Response | Refusal | undefined;
    try {
      const found = findRoute(ctx, this.#parts);
      verdict = found instanceof Promise ? await found : found;
      verdict ??= await wrappedHalf(ctx);
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
}

/** The caller's half within what a policy puts around it, which sees refusals as answers. */
function wrappedHalf(ctx: GatewayRequest): Promise<Response | Refusal> {
  const { around } = ctx.plan.road;
  if (around === undefined) return callersHalf(ctx);
  return around(ctx, async (request) => {
    ctx.request = request;
    const verdict = await callersHalf(ctx).catch(asRefusal);
    return verdict instanceof Refusal ? refusalAnswer(ctx, verdict) : verdict;
  });
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
  if (road.hold !== undefined) return road.hold(ctx, () => acted(ctx));
  return road.transform.length === 0 ? action(ctx) : acted(ctx);
}

/** ACTION → transform. */
async function acted(ctx: KeyedContext): Promise<Response> {
  const { road, action } = ctx.plan;
  let response = await action(ctx);
  for (const transform of road.transform) response = await transform(ctx, response);
  return response;
}

/** The answer to a refusal: the route's own error policies first, else the problem. */
async function refusalAnswer(ctx: GatewayRequest, refusal: Refusal): Promise<Response> {
  let current = refusal;
  noteRefusal(ctx, current);
  for (const handle of ctx.plan.road.error) {
    const verdict = await handle(ctx, current);
    if (verdict instanceof Refusal) {
      current = verdict;
      noteRefusal(ctx, current);
    } else if (verdict !== undefined) return verdict;
  }
  return problem(current, ctx.id);
}

function noteRefusal({ record }: GatewayRequest, { code, entry, details }: Refusal): void {
  record.code = code;
  record.fault = entry.fault;
  if (details.cause !== undefined) record.cause = causeText(details.cause);
}

/** What was thrown: a refusal on its way up, or a bug, of which the client learns nothing. */
function asRefusal(error: unknown): Refusal {
  return error instanceof RefusalError ? error.refusal : refuse("internal-error", { cause: error });
}
