import type { Context, MiddlewareHandler } from "hono";
import { HonoBase } from "hono/hono-base";
import { cloneRawRequest } from "hono/request";
import type { Params, Router } from "hono/router";
import type { ErrorHandler } from "hono/types";
import type { RequestContext } from "../context.ts";
import type { AnswerRoute } from "../policies/policy.ts";

/** A Hono app of middleware alone, with the rest of the gateway behind them. Made once for its route. */
export class HonoApp {
  readonly #app = new HonoBase({ router: new OpenRouter() });

  constructor(middleware: readonly MiddlewareHandler[]) {
    for (const handler of [Passage.begin, ...middleware, Passage.end]) this.#app.use(handler);
    this.#app.onError(exceptionAnswer);
  }

  /** @returns what the middleware made of the answer, of which nothing is certain. */
  async answer(ctx: RequestContext, proceed: AnswerRoute): Promise<unknown> {
    const passage = new Passage(ctx, proceed);
    return this.#app.fetch(ctx.request, {}, passage);
  }
}

/** The route is found already: every middleware is for every request. */
class OpenRouter<T> implements Router<T> {
  readonly name = "OpenRouter";
  readonly #handlers: Array<[T, Params]> = [];

  add(_method: string, _path: string, handler: T): void {
    this.#handlers.push([handler, {}]);
  }

  match(): [Array<[T, Params]>] {
    return [this.#handlers];
  }
}

/** One request's way through the middleware, and all of the platform's execution context that they get. */
class Passage {
  readonly props = {};
  readonly #ctx: RequestContext;
  readonly #proceed: AnswerRoute;

  constructor(ctx: RequestContext, proceed: AnswerRoute) {
    this.#ctx = ctx;
    this.#proceed = proceed;
  }

  /** The path that everybody else decides by: Hono's own would be the client's spelling of it. */
  static readonly begin: MiddlewareHandler = async (c, next) => {
    c.req.path = (c.executionCtx as Passage).#ctx.path;
    await next();
  };

  /** What the last middleware's `next()` comes to. */
  static readonly end: MiddlewareHandler = (c) => (c.executionCtx as Passage).#end(c);

  waitUntil(work: Promise<unknown>): void {
    this.#ctx.execution.waitUntil(work);
  }

  /** The gateway answers for its own exceptions. */
  passThroughOnException(): void {}

  async #end(c: Context): Promise<void> {
    const answer = await this.#proceed(await goingOn(c, this.#ctx));
    // What was set before `next()`. Hono's own merging would copy the answer and let its cookies fall.
    for (const [name, value] of c.res.headers) {
      if (ADDED.has(name)) answer.headers.append(name, value);
      else if (name !== "content-type") answer.headers.set(name, value);
    }
    c.res = undefined;
    c.res = answer;
  }
}

/** Fields that are added to what the answer has. */
const ADDED = new Set(["set-cookie", "vary"]);

/** The request as the middleware leave it. @throws where it is another one, or is without the body that was read */
async function goingOn({ req }: Context, { method, request }: RequestContext): Promise<Request> {
  const { raw } = req;
  if (raw !== request && (raw.method !== method || !isSameUrl(raw.url, request.url))) {
    throw new Error(
      "a middleware changed the method or the URL of the request, whose route is found by them",
    );
  }
  if (!raw.bodyUsed) return raw;
  // Hono keeps what was read through `c.req`.
  return cloneRawRequest(req).catch((cause: unknown) => {
    throw new Error("a middleware read the request's body, but not through c.req", { cause });
  });
}

function isSameUrl(one: string, other: string): boolean {
  // A URL that was taken apart and put together again may be spelt another way.
  return one === other || new URL(one).href === new URL(other).href;
}

/** An HTTPException, of whichever copy of Hono, is an answer; anything else is a bug. */
const exceptionAnswer: ErrorHandler = (error, c) => {
  if (!("getResponse" in error)) throw error;
  const answer = error.getResponse();
  return c.newResponse(answer.body, answer);
};
