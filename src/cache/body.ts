/** Largest body that is stored, in bytes: while it is being received, it is held in memory. */
export const LARGEST_BODY = 5 * 1024 * 1024;

/**
 * Reads a body to its end, so that what is handed to a store is known to be whole: the platform's cache keeps
 * what it got of a stream that fails.
 * @param length from `Content-Length`, in bytes; undefined where the response does not say.
 * @throws RangeError where the body is too large to store or not of that length, or what the body fails with.
 */
export async function readWhole(
  body: ReadableStream<Uint8Array>,
  length: number | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let seen = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    seen += read.value.byteLength;
    if (seen > LARGEST_BODY) {
      const error = new RangeError(`the body is larger than ${LARGEST_BODY} bytes`);
      await reader.cancel(error);
      throw error;
    }
    chunks.push(read.value);
  }
  if (length !== undefined && seen !== length) {
    throw new RangeError(`the body has ${seen} bytes instead of ${length}`);
  }
  const whole = new Uint8Array(seen);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
