import { type Refusal, RefusalError, refuse } from "../errors/refusal.ts";
import { PieceReader } from "../streams/piece-reader.ts";

/** A body on its way to an origin, and what calls the exchange off when the body breaks. */
export interface CountedBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Aborts with a RefusalError: that of `excess`, or `malformed-body` where the client does not end it well. */
  readonly controller: AbortController;
}

/**
 * Counts a body as it passes; nothing of it is held back.
 *
 * The exchange is aborted before the stream fails, because the runtime ends the body of a failed stream well and
 * the origin would take what it has got for the whole. One that has answered by then is told so all the same.
 * @param limit in bytes.
 * @param excess asked once when there are more: the refusal that the body ends with, or nothing to let it pass.
 */
export function countedBody(
  body: ReadableStream<Uint8Array>,
  limit: number,
  excess: () => Refusal | undefined,
): CountedBody {
  const controller = new AbortController();
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const pieces = new PieceReader(body);
  const fail = (refusal: Refusal) => {
    const error = new RefusalError(refusal);
    controller.abort(error);
    pieces.cancel(error);
    writer.abort(error).catch(() => {});
  };
  const pass = async () => {
    let left = limit;
    for (let piece = await pieces.read(); piece !== undefined; piece = await pieces.read()) {
      left -= piece.byteLength;
      const refusal = left < 0 ? excess() : undefined;
      if (refusal !== undefined) return fail(refusal);
      if (left < 0) left = Number.POSITIVE_INFINITY;
      // The origin need not take all of it: what it says of that is its answer.
      if (!(await taken(writer.write(piece)))) return pieces.cancel("the origin takes no more");
    }
    await taken(writer.close());
  };
  pass().catch((cause: unknown) => fail(refuse("malformed-body", { cause })));
  return { stream: readable, controller };
}

function taken(write: Promise<void>): Promise<boolean> {
  return write.then(
    () => true,
    () => false,
  );
}
