import * as z from "zod";
import type { RequestContext } from "../../context.ts";
import { causeText } from "../../observe/cause.ts";
import type { Policy } from "../policy.ts";

/**
 * Watches the answer's body: the access-log line is written when it has ended, with the bytes sent and, where it
 * broke off, whose fault that was. Without it a body streams untouched and the line is written with its headers:
 * watching costs about as much CPU again as forwarding.
 */
export type WatchBodyOptions = true;

/** @returns the schema of {@link WatchBodyOptions}. */
export function options() {
  const schema: z.ZodType<WatchBodyOptions, WatchBodyOptions> = z.literal(true);
  return schema;
}

export function create(): Policy {
  return {
    personalise(ctx, response) {
      const { body } = response;
      if (body === null) return response;
      const declared = response.headers.get("content-length");
      const length = declared === null ? undefined : Number(declared);
      // A stream of unknown length would lose the answer its Content-Length.
      const { readable, writable } =
        length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
      ctx.ended = pump(body, writable, length, ctx);
      return new Response(readable, response);
    },
  };
}

/** Carries the body over; which side fails tells whose fault it is. Never rejects. */
async function pump(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream,
  length: number | undefined,
  ctx: RequestContext,
): Promise<void> {
  const reader = body.getReader();
  const writer = writable.getWriter();
  let bytes = 0;
  const blame = (fault: string, cause: unknown) => {
    ctx.record.fault = fault;
    ctx.record.cause = `the body broke off: ${causeText(cause)}`;
  };
  const read = async () => {
    const part = await reader.read();
    if (part.done && length !== undefined && bytes !== length) throw new Error(`${bytes} of ${length} bytes`);
    return part;
  };
  for (;;) {
    let part: Awaited<ReturnType<typeof read>>;
    try {
      part = await read();
    } catch (cause) {
      blame("upstream", cause);
      await writer.abort(cause).catch(() => {});
      break;
    }
    try {
      if (part.done) await writer.close();
      else await writer.write(part.value);
    } catch (cause) {
      blame("client", cause);
      await reader.cancel(cause).catch(() => {});
      break;
    }
    if (part.done) break;
    bytes += part.value.byteLength;
  }
  ctx.record.bytes = bytes;
}
