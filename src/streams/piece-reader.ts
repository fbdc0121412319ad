/** In bytes. An event stream stays at the first; a large body soon comes in pieces of the last. */
const SMALLEST = 4_096;
const LARGEST = 262_144;
const GROWTH = 4;

/**
 * Reads a body piece by piece into a buffer that is used again: a fresh piece each time, as a plain reader gives
 * them, costs six times the CPU and leaves as much garbage as there is body.
 */
export class PieceReader {
  readonly #own: ReadableStreamBYOBReader | undefined;
  readonly #plain: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #buffer = new ArrayBuffer(SMALLEST);
  #cancelled = false;

  constructor(body: ReadableStream<Uint8Array>) {
    try {
      this.#own = body.getReader({ mode: "byob" });
    } catch {
      // A stream that a function made need not be one of bytes.
      this.#plain = body.getReader();
    }
  }

  /**
   * The next piece, which the next call takes back. Never empty.
   * @returns undefined at the end, and once it is cancelled.
   * @throws where it breaks off
   */
  async read(): Promise<Uint8Array | undefined> {
    try {
      for (;;) {
        const { done, value } = await (this.#own === undefined ? this.#plain!.read() : this.#fill(this.#own));
        if (done) return undefined;
        if (value.byteLength > 0) return value;
      }
    } catch (cause) {
      // The runtime breaks off a read that is waiting when the stream is cancelled.
      if (this.#cancelled) return undefined;
      throw cause;
    }
  }

  /** The rest is not wanted. Its failure is nobody's business. */
  cancel(reason: unknown): void {
    this.#cancelled = true;
    (this.#own ?? this.#plain)!.cancel(reason).catch(() => {});
  }

  async #fill(reader: ReadableStreamBYOBReader): Promise<ReadableStreamReadResult<Uint8Array>> {
    const read = await reader.read(new Uint8Array(this.#buffer));
    if (read.done) return read;
    const { buffer, byteLength } = read.value;
    const full = byteLength === buffer.byteLength && byteLength < LARGEST;
    this.#buffer = full ? new ArrayBuffer(byteLength * GROWTH) : (buffer as ArrayBuffer);
    return read;
  }
}
