import type { KeyedContext } from "../context.ts";
import type { Deps } from "../deps.ts";
import { type Refusal, RefusalError, refuse } from "../errors/refusal.ts";
import type { UpstreamRecord } from "../observe/record.ts";
import type { Plan } from "../plan.ts";
import type { Shed } from "../shedding/shed.ts";
import type { Gauge } from "../signals/gauge.ts";
import type { Upstream, UpstreamCall, UpstreamLayer, UpstreamRequest } from "./upstream.ts";

/** How an origin is reached: `fetch` itself, a service binding's, or an in-process app's. */
export interface OriginFetch {
  /** Scheme, authority and base path that every request's path is appended to; no trailing slash. */
  readonly base: string;
  fetch(url: string, init: RequestInit, ctx: KeyedContext): Promise<Response>;
}

const TIMED_OUT = Symbol("timed out");
/** How long a client waits for an upstream before it is looked out for, in ms. */
const PATIENCE = 1_000;

/** Who follows how it goes with an upstream. */
interface Followers {
  readonly shed?: Pick<Shed, "enter" | "leave"> | undefined;
  readonly gauge?: Pick<Gauge, "ended" | "abandoned"> | undefined;
}

/** What an upstream has beside its origin. */
interface Surrounded extends Followers {
  /**
   * Lets only so many calls go on at once. Nearer to the origin than a route's layers, which may call more than once. What
   * waits here is not under way: it has no connection slot, its timeout does not run, and nobody follows it yet; so whether
   * the origin could bear it is judged when it is about to be sent.
   */
  readonly limit?: UpstreamLayer | undefined;
}

/** A running upstream with one origin. The only place from which requests leave the gateway. */
export function createUpstream(
  name: string,
  origin: OriginFetch,
  timeout: number | undefined,
  deps: Pick<Deps, "now">,
  { shed, gauge, limit }: Surrounded = {},
): Upstream {
  const send: UpstreamCall = async (request, ctx) => {
    const inFlight = shed?.enter(request, ctx);
    const slot = ctx.budget.acquire();
    if (slot !== undefined) await slot;
    const sent = deps.now();
    const left = ctx.budget.remaining(sent);
    const controller = request.controller ?? new AbortController();
    const time = Math.min(left, timeout ?? left, request.timeout ?? left);
    let abandoned = false;
    const abandon =
      gauge &&
      (() => {
        if (noted.ms !== undefined) return;
        abandoned = true;
        gauge.abandoned(deps.now() - sent);
      });
    const inTime = request.timed === true && time === left;
    const expire = inTime ? abandon && (() => {}) : () => controller.abort(TIMED_OUT);
    const stop = expire && startTimer(time, ctx, expire, abandon);
    // Noted before it is sent: the log line may be written while an exchange that was called off still ends.
    const noted: UpstreamRecord = { upstream: name, status: 0 };
    ctx.record.upstreams ??= [];
    ctx.record.upstreams.push(noted);
    try {
      if (left <= 0) throw new RefusalError(refuse("deadline-exceeded"));
      // Without its slash a path would run on from the origin's host: `@evil.example/`.
      if (!request.path.startsWith("/")) throw new RefusalError(refuse("unusable-value"));
      const response = await exchange(origin, request, controller.signal, ctx);
      noted.status = response.status;
      if (!isFinal(response)) throw new Error(`an answer with the status ${noted.status}`);
      return response;
    } catch (cause) {
      throw new RefusalError(failure(name, noted.status, cause, controller.signal));
    } finally {
      stop?.();
      ctx.budget.release();
      const ended = deps.now();
      noted.ms = ended - sent;
      if (inFlight !== undefined || gauge !== undefined) {
        const tells = isTelling(noted.status, controller.signal);
        if (inFlight !== undefined) shed!.leave(inFlight, tells, sent, ended);
        if (!abandoned) gauge?.ended(noted.ms, tells, ended, ctx.execution);
      }
    }
  };
  const call: UpstreamCall = limit === undefined ? send : (request, ctx) => limit(request, ctx, send);
  return { name, send: (request, ctx) => throughLayers(ctx.plan.road.upstream, call)(request, ctx) };
}

/** Whether the time that an exchange took tells how much the upstream has to do. */
function isTelling(status: number, { aborted, reason }: AbortSignal): boolean {
  return status === 0 ? aborted && reason === TIMED_OUT : status < 500 && status !== 429;
}

/**
 * Expires after so many ms, and looks out for the client once it has been kept waiting.
 * @param abandon called where it goes after that. @returns what stops it
 */
function startTimer(
  time: number,
  { lookOut, whenGone }: KeyedContext,
  expire: () => void,
  abandon?: () => void,
): () => void {
  const patient = lookOut !== undefined && time > PATIENCE;
  const lose = () => {
    lookOut?.();
    if (abandon !== undefined) whenGone?.(abandon);
    timer = setTimeout(expire, time - PATIENCE);
  };
  let timer = patient ? setTimeout(lose, PATIENCE) : setTimeout(expire, time);
  return () => clearTimeout(timer);
}

/** Puts a route's layers round the call, the first outermost. */
function throughLayers(layers: Plan["road"]["upstream"], send: UpstreamCall): UpstreamCall {
  if (layers.length === 0) return send;
  return layers.reduceRight<UpstreamCall>((next, layer) => (request, ctx) => layer(request, ctx, next), send);
}

/** Resolves with the response headers; rejects as soon as the signal aborts, whatever the origin does. */
function exchange(
  origin: OriginFetch,
  { method, path, search, headers, body }: UpstreamRequest,
  signal: AbortSignal,
  ctx: KeyedContext,
): Promise<Response> {
  const init: RequestInit = { method, headers, body, signal, redirect: "manual" };
  return origin.fetch(origin.base + path + search, init, ctx);
}

/** Whether it can be given to a client: other statuses mean nothing (RFC 9110 §15), and no Response has them. */
function isFinal({ status, webSocket }: Response): boolean {
  return (status >= 200 && status <= 599) || webSocket !== null;
}

/**
 * Tells failures apart by who gave up. The runtime reports a refused connection, a reset and an answer that is not
 * HTTP with one and the same message, so these are one code; and it rejects with a copy of what a signal was aborted
 * with, so the signal is asked.
 */
function failure(name: string, status: number, cause: unknown, { aborted, reason }: AbortSignal): Refusal {
  if (cause instanceof RefusalError) return cause.refusal;
  if (aborted && reason instanceof RefusalError) return reason.refusal;
  if (aborted && reason === TIMED_OUT) {
    return refuse("upstream-timeout", { cause: `${name}: no response headers in time` });
  }
  return refuse(status === 0 ? "upstream-unreachable" : "upstream-invalid", {
    cause: `${name}: ${cause instanceof Error ? cause.message : cause}`,
  });
}
