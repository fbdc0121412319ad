import type { RequestContext } from "../context.ts";
import { isDecodedOnRead, takeOffCoding } from "../http/content-coding.ts";
import { causeText } from "../observe/cause.ts";
import type { BodyBounds } from "./body-bounds.ts";
import { type Carried, carry } from "./carry.ts";

const EVENT_STREAM = /^text\/event-stream\s*(?:;|$)/i;

/**
 * Puts a tap on the answer's body: it is counted, kept within its bounds, and the access-log line waits for its end
 * and says whose fault it was where it broke off. One that ends early breaks off the client's too, so that it is not
 * taken for the whole; but an event stream is ended well, because its reader opens it again (HTML, "server-sent events").
 */
export function tap(
  ctx: RequestContext,
  response: Response,
  bounds: BodyBounds,
  now: () => number,
): Response {
  const { body } = response;
  // The body of an answer to HEAD is for nobody, and one tap is enough.
  if (body === null || ctx.method === "HEAD" || ctx.ended !== undefined) return response;
  const coded = isDecodedOnRead(response.headers);
  // A part of a coded body is no content that could be read.
  if (coded && response.status === 206) return response;
  const length = coded ? undefined : declaredLength(response.headers);
  // A stream of unknown length would lose the answer its Content-Length.
  const { readable, writable } =
    length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
  const answer = new Response(readable, response);
  // Coded anew, events would wait until there are enough of them.
  if (coded) takeOffCoding(answer.headers);
  const resumable = length === undefined && EVENT_STREAM.test(answer.headers.get("content-type") ?? "");
  const carriage = { length, bounds, resumable, gone: ctx.request.signal, now };
  ctx.ended = carry(body, writable, carriage).then((carried) => record(ctx, carried));
  return answer;
}

/** An origin that repeats its `Content-Length` has one all the same (RFC 9110 §8.6). */
export function declaredLength(headers: Headers): number | undefined {
  const [length, ...others] = new Set(
    headers
      .get("content-length")
      ?.split(",")
      .map((value) => value.trim()),
  );
  return length === undefined || others.length > 0 || !/^\d+$/.test(length) ? undefined : Number(length);
}

function record({ record }: RequestContext, { bytes, fault, cause, ended }: Carried): void {
  record.bytes = bytes;
  if (fault !== undefined) {
    record.fault = fault;
    record.cause = `the body broke off: ${causeText(cause)}`;
  }
  if (ended !== undefined) {
    record.notes ??= [];
    record.notes.push(`the body was ended: ${ended}`);
  }
}
