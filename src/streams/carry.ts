import { type BodyBounds, type BodyProgress, type CutReason, cutAt, cutReason } from "./body-bounds.ts";
import { PieceReader } from "./piece-reader.ts";
import { whenDue } from "./when-due.ts";

/** How a body is carried. */
export interface Carriage {
  /** What its `Content-Length` says. */
  readonly length: number | undefined;
  readonly bounds: BodyBounds;
  /** Whether a body that is ended early may look whole: one whose reader comes back for more. */
  readonly resumable: boolean;
  /** Aborts when the client has gone, where the runtime tells. */
  readonly gone: AbortSignal;
  readonly now: () => number;
}

/** What became of a body. */
export interface Carried {
  /** Bytes that the client's side has taken. */
  readonly bytes: number;
  /** Whose fault it is that it broke off. */
  readonly fault?: "upstream" | "client";
  /** Why it broke off. */
  readonly cause?: unknown;
  /** Why it was ended without anybody's fault. */
  readonly ended?: string;
}

/** Carries a body over; which side fails tells whose fault it is. Both sides have ended by then. Never rejects. */
export async function carry(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream,
  { length, bounds, resumable, gone, now }: Carriage,
): Promise<Carried> {
  const pieces = new PieceReader(body);
  const writer = writable.getWriter();
  const progress: BodyProgress = { waitingFor: "upstream", movedAt: now() };
  let bytes = 0;
  let cut: CutReason | undefined;
  const moved = (waitingFor: BodyProgress["waitingFor"]) => {
    progress.waitingFor = waitingFor;
    progress.movedAt = now();
  };
  const breakOff = (cause: unknown) => {
    pieces.cancel(cause);
    writer.abort(cause).catch(() => {});
  };
  const cutOff = (reason: CutReason) => {
    cut = reason;
    // The reading ends, and with it the body; where a piece is still on its way to the client it cannot end well.
    if (resumable && progress.waitingFor === "upstream") pieces.cancel(reason.reason);
    else breakOff(new Error(reason.reason));
  };
  const left = () => {
    cut = { reason: "the client has gone", fault: "client" };
    breakOff(new Error(cut.reason));
  };
  const cancelTimer = whenDue(
    () => cutAt(bounds, progress),
    now,
    () => cutOff(cutReason(bounds, progress)),
  );
  gone.addEventListener("abort", left);
  try {
    for (let piece = await pieces.read(); piece !== undefined; piece = await pieces.read()) {
      moved("client");
      await writer.write(piece);
      bytes += piece.byteLength;
      moved("upstream");
    }
    if (cut === undefined && length !== undefined && bytes !== length) {
      throw new Error(`${bytes} of ${length} bytes`);
    }
    moved("client");
    await writer.close();
  } catch (cause) {
    breakOff(cause);
    if (cut === undefined) return { bytes, fault: progress.waitingFor, cause };
  } finally {
    cancelTimer();
    gone.removeEventListener("abort", left);
  }
  return cut === undefined ? { bytes } : described(bytes, cut);
}

function described(bytes: number, { fault, reason }: CutReason): Carried {
  return fault === undefined ? { bytes, ended: reason } : { bytes, fault, cause: reason };
}
