import { RefusalError, refuse } from "../errors/refusal.ts";

/** A body on its way to an origin, and what calls the exchange off when the body breaks. */
export interface CountedBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Aborts with a RefusalError: `body-too-large`, or `malformed-body` where the client does not end it well. */
  readonly controller: AbortController;
}

/**
 * Counts a body as it passes; nothing of it is held back.
 *
 * The exchange is aborted before the stream fails, because the runtime ends the body of a failed stream well and
 * the origin would take what it has got for the whole. One that has answered by then is told so all the same.
 * @param limit in bytes.
 */
export function countedBody(body: ReadableStream<Uint8Array>, limit: number): CountedBody {
  const controller = new AbortController();
  const reader = body.getReader();
  let left = limit;
  const fail = (error: RefusalError) => {
    controller.abort(error);
    return error;
  };
  const stream = new ReadableStream<Uint8Array>({
    async pull(sink) {
      const part = await reader.read().catch((cause: unknown) => {
        throw fail(new RefusalError(refuse("malformed-body", { cause })));
      });
      if (part.done) {
        sink.close();
        return;
      }
      left -= part.value.byteLength;
      if (left >= 0) {
        sink.enqueue(part.value);
        return;
      }
      reader.cancel().catch(() => {});
      throw fail(new RefusalError(refuse("body-too-large", { detail: `At most ${limit} bytes.` })));
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { stream, controller };
}
