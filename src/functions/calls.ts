import type { KeyedContext } from "../context.ts";
import { RefusalError, refuse } from "../errors/refusal.ts";
import { normalisePath } from "../match/normalise.ts";
import type { Tools } from "../policies/policy.ts";
import type { UpstreamDeclaration } from "../upstream/declare.ts";
import { stepHeaders } from "../upstream/origin-request.ts";

/** What a call from a handler or hook may set. */
export interface UpstreamInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | null;
}

/** Calls a declared upstream. @param path begins with `/`; may have a query */
export type UpstreamFetch = (
  upstream: UpstreamDeclaration,
  path: string,
  init?: UpstreamInit,
) => Promise<Response>;

/** Calls a route of this gateway. @param path begins with `/`; may have a query */
export type RouteFetch = (path: string, init?: UpstreamInit) => Promise<Response>;

/** The calls of one run of a function. */
export class Calls {
  readonly #controllers: AbortController[] = [];
  #over = false;

  /** @throws RefusalError where they have been ended: nothing more is sent */
  stillOpen(): void {
    if (this.#over) throw new RefusalError(refuse("deadline-exceeded", { cause: "a function was given up" }));
  }

  /** What ends a new call together with the others. @throws RefusalError as {@link stillOpen} */
  open(): AbortController {
    this.stillOpen();
    const controller = new AbortController();
    this.#controllers.push(controller);
    return controller;
  }

  /** Ends the calls of upstreams that are under way, and the bodies of their answers. */
  end(): void {
    this.#over = true;
    for (const controller of this.#controllers) controller.abort();
  }
}

/** `fetch` as a user's function sees it: only declared upstreams, with the request's deadline and trace. */
export function upstreamFetch(ctx: KeyedContext, tools: Tools, calls: Calls): UpstreamFetch {
  const send: UpstreamFetch = async (upstream, target, init = {}) => {
    const { path, search } = usable(target);
    const { method, headers, body } = outgoing(ctx, init);
    const controller = calls.open();
    return tools.upstream(upstream.name).send({ method, path, search, headers, body, controller }, ctx);
  };
  return (...call) => perhapsUnheard(send(...call));
}

/** `dispatch` as a user's function sees it: another route of this gateway, with the caller's credentials. */
export function routeFetch(ctx: KeyedContext, tools: Tools, calls: Calls): RouteFetch {
  const send: RouteFetch = async (target, init = {}) => {
    const { path, search } = usable(target);
    const { method, headers, body } = outgoing(ctx, init);
    const authorization = ctx.headers.get("authorization");
    if (authorization !== null) headers.set("authorization", authorization);
    calls.stillOpen();
    const url = `${ctx.scheme}://${ctx.host}${path}${search}`;
    return tools.dispatch(new Request(url, { method, headers, body }), ctx);
  };
  return (...call) => perhapsUnheard(send(...call));
}

/** A function that has ended, or was given up, hears no more of its calls: that is not an unhandled rejection. */
function perhapsUnheard(answer: Promise<Response>): Promise<Response> {
  answer.catch(() => {});
  return answer;
}

function outgoing(ctx: KeyedContext, init: UpstreamInit) {
  const headers = stepHeaders(ctx);
  for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value);
  const body = init.body ?? null;
  return { method: init.method ?? (body === null ? "GET" : "POST"), headers, body };
}

/** What cuts a query off, or falls out of it, when a URL is made of it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const LOST_FROM_QUERY = /[#\0-\x1f]/;

/** A function may put a path together from what a caller sent: it must stay the path it was meant to be. */
function usable(target: string) {
  const at = target.indexOf("?");
  const path = normalisePath(at < 0 ? target : target.slice(0, at));
  const search = at < 0 ? "" : target.slice(at);
  if (typeof path !== "string") throw unusable(target, path.details.detail);
  if (LOST_FROM_QUERY.test(search)) throw unusable(target, "The query holds what must be percent-encoded.");
  return { path, search };
}

function unusable(target: string, detail: string | undefined): RefusalError {
  return new RefusalError(refuse("unusable-value", { cause: `a function's path "${target}": ${detail}` }));
}
