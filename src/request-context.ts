import { Budget } from "./budget.ts";
import type { Carriers, KeyedContext, LimitState, RequestContext } from "./context.ts";
import type { Deps } from "./deps.ts";
import { requestId } from "./http/request-id.ts";
import { readTraceContext } from "./http/trace-context.ts";
import { withoutCookies } from "./http/without-cookies.ts";
import { withoutParameters } from "./http/without-parameters.ts";
import type { Identity } from "./identity/identity.ts";
import { systemContext } from "./keyed.ts";
import type { AccessRecord } from "./observe/record.ts";
import type { Plan } from "./plan.ts";
import { RequestScope } from "./references/scope.ts";
import type { ReferenceScope } from "./references/template.ts";

/** The platform's name for the client's address: set by the edge, which overwrites a client's own. */
const ADDRESS_HEADER = "cf-connecting-ip";

/** The state of one request. Each field is written once, by the phase that `RequestContext` names for it. */
export class GatewayRequest implements RequestContext {
  request: Request;
  readonly execution;
  readonly start: number;
  readonly trace;
  readonly id: string;
  readonly address: string;
  readonly depth: number;
  readonly record: AccessRecord = {};
  budget: Budget;

  readonly method: string;
  scheme = "https";
  host = "";
  path = "";
  search = "";
  plan: Plan;
  params: Readonly<Record<string, string>> = {};
  identity: Identity | undefined = undefined;
  alsoProved: Identity[] | undefined = undefined;
  toOrigin: RequestContext["toOrigin"] = undefined;
  limits: LimitState[] | undefined = undefined;
  ended: Promise<void> | undefined = undefined;
  lookOut: (() => void) | undefined;
  readonly whenGone: NonNullable<RequestContext["whenGone"]>;
  #query: URLSearchParams | undefined;

  /** @param unmatched the plan until a route is met. @param parent set for what `dispatch` sends. */
  constructor(
    request: Request,
    execution: Pick<ExecutionContext, "waitUntil">,
    deps: Pick<Deps, "now" | "random">,
    unmatched: Plan,
    parent?: KeyedContext,
  ) {
    this.request = request;
    this.execution = execution;
    this.start = deps.now();
    this.method = request.method;
    this.plan = unmatched;
    this.lookOut = parent?.lookOut;
    // A child's request is not the client's.
    this.whenGone = parent?.whenGone ?? whenGone.bind(undefined, request);
    if (parent === undefined) {
      this.trace = readTraceContext(request.headers, deps.random);
      this.id = requestId(request.headers.get("x-request-id"), this.trace.traceId);
      this.address = request.headers.get(ADDRESS_HEADER) ?? "";
      this.depth = 0;
      this.budget = new Budget(this.start + unmatched.deadline);
    } else {
      this.trace = parent.trace;
      this.id = parent.id;
      this.address = parent.address;
      this.depth = parent.depth + 1;
      this.budget = parent.budget;
    }
  }

  /** Match: the route is known. The route's own deadline counts from arrival; a child keeps its parent's budget. */
  meet(plan: Plan, params: Readonly<Record<string, string>>): void {
    this.plan = plan;
    this.params = params;
    if (this.depth === 0) this.budget = new Budget(this.start + plan.deadline);
  }

  /** The body has been read, whole: whoever asks for it from now on is given these bytes. */
  keepBody(bytes: Uint8Array): void {
    this.request = new Request(this.request, { body: bytes });
  }

  /** Nothing is copied where the request has none of them. */
  withhold({ cookies, parameters }: Carriers): void {
    const search = withoutParameters(this.search, parameters);
    if (search !== this.search) {
      const { url } = this.request;
      this.request = new Request(url.slice(0, url.indexOf("?")) + search, this.request);
      this.search = search;
      this.#query = undefined;
    }
    const field = this.request.headers.get("cookie");
    const left = field === null || cookies.size === 0 ? field : withoutCookies(field, cookies);
    if (left === field) return;
    const headers = new Headers(this.request.headers);
    if (left === null) headers.delete("cookie");
    else headers.set("cookie", left);
    this.request = new Request(this.request, { headers });
  }

  systemContext(): KeyedContext {
    return systemContext(this);
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search);
    return this.#query;
  }

  scope(): ReferenceScope {
    return new RequestScope(this, this.request.headers);
  }
}

function whenGone(request: Request, left: () => void): void {
  request.signal.addEventListener("abort", left, { once: true });
}
