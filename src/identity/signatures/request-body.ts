import type { RequestContext } from "../../context.ts";
import { type Refusal, RefusalError, refuse } from "../../errors/refusal.ts";
import { BoundedBody } from "../../http/body.ts";
import { within } from "../keys/within.ts";

/** In bytes: what is read of a body to verify its signature where the route declares no `bodyLimit`. */
const BODY_LIMIT = 1_000_000;
const NONE = new Uint8Array();

/**
 * The body as it was sent, whole, and kept for whoever reads it next. What a GET or HEAD brings is no body: no origin
 * is given it. @returns a refusal where it is too large, breaks off, or does not come in time
 */
export async function signedBody(ctx: RequestContext, now: () => number): Promise<Uint8Array | Refusal> {
  const { body, headers } = ctx.request;
  if (body === null || ctx.method === "GET" || ctx.method === "HEAD") return NONE;
  const read = new BoundedBody(body, ctx.plan.road.bodyLimit ?? BODY_LIMIT, headers.get("content-length"));
  try {
    const bytes = await within(ctx.budget.remaining(now()), () => read.bytes());
    ctx.keepBody(bytes);
    return bytes;
  } catch (error) {
    return error instanceof RefusalError ? error.refusal : refuse("deadline-exceeded", { cause: error });
  }
}
