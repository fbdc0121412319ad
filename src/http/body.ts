import { RefusalError, refuse } from "../errors/refusal.ts";

/**
 * Reads a body to its end, but never more than `limit` bytes of it.
 * @param limit in bytes.
 * @throws RefusalError `body-too-large`, and the rest of the stream is cancelled; `malformed-body` where it breaks off.
 */
export async function readBody(
  stream: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array> {
  if (stream === null) return new Uint8Array();
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let part = await take(reader); !part.done; part = await take(reader)) {
    length += part.value.byteLength;
    if (length > limit) {
      // Not waited for, and its failure is nobody's business: the answer is no either way.
      reader.cancel().catch(() => {});
      throw tooLarge(limit);
    }
    chunks.push(part.value);
  }
  return chunks.length === 1 ? chunks[0]! : concatenate(chunks, length);
}

/** A body that breaks off is its sender's doing. */
function take(reader: ReadableStreamDefaultReader<Uint8Array>) {
  return reader.read().catch((cause: unknown) => {
    throw new RefusalError(refuse("malformed-body", { detail: "The body breaks off.", cause }));
  });
}

/** A body that is read at most once, within its limit, when somebody first asks for it. */
export class BoundedBody {
  readonly #stream: ReadableStream<Uint8Array> | null;
  readonly #limit: number;
  readonly #declared: number;
  #bytes: Promise<Uint8Array> | undefined;

  /**
   * @param limit in bytes.
   * @param contentLength the `Content-Length`, where there is one: above the limit nothing is read at all.
   */
  constructor(stream: ReadableStream<Uint8Array> | null, limit: number, contentLength: string | null = null) {
    this.#stream = stream;
    this.#limit = limit;
    this.#declared = Number(contentLength);
  }

  /** The bytes. Shared by all who ask: not to be changed. @throws RefusalError `body-too-large` */
  bytes(): Promise<Uint8Array> {
    this.#bytes ??=
      this.#declared > this.#limit
        ? Promise.reject(tooLarge(this.#limit))
        : readBody(this.#stream, this.#limit);
    return this.#bytes;
  }

  /** The body as UTF-8. @throws RefusalError `body-too-large`, or `malformed-body` when it is not UTF-8 */
  async text(): Promise<string> {
    const bytes = await this.bytes();
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    } catch (cause) {
      throw new RefusalError(refuse("malformed-body", { detail: "The body is not UTF-8.", cause }));
    }
  }

  /** The body as JSON, parsed anew for each who asks. @throws RefusalError `body-too-large` or `malformed-body` */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RefusalError(refuse("malformed-body", { detail: "The body is not JSON.", cause }));
    }
  }
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(limit: number): RefusalError {
  return new RefusalError(refuse("body-too-large", { detail: `At most ${limit} bytes are taken here.` }));
}
