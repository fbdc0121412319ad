import { describe, expect, it } from "vitest";
import { PieceReader } from "../../src/streams/piece-reader.ts";

/** Reads all pieces, each copied before the next is asked for. */
async function readAll(reader: PieceReader): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (let piece = await reader.read(); piece !== undefined; piece = await reader.read()) {
    pieces.push(piece.slice());
  }
  return pieces;
}

const whole = (pieces: readonly Uint8Array[]) => new Blob([...pieces]).bytes();
const bytes = Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * 7) % 251);

/** A body as the runtime makes them. */
const native = (content: BodyInit) => new Response(content).body!;

describe("a reader of pieces", () => {
  it("gives every byte of a body, in its order", async () => {
    for (const length of [0, 1, 4_095, 4_096, 4_097, 100_000, 1_000_000]) {
      const pieces = await readAll(new PieceReader(native(bytes.subarray(0, length))));
      expect(await whole(pieces)).toEqual(bytes.subarray(0, length));
    }
  });

  it("takes larger pieces of a larger body, and not larger than a quarter of a megabyte", async () => {
    const sizes = (await readAll(new PieceReader(native(bytes)))).map((piece) => piece.byteLength);
    expect(sizes.slice(0, 4)).toEqual([4_096, 16_384, 65_536, 262_144]);
    expect(Math.max(...sizes)).toBe(262_144);
  });

  it("waits for no more than what is there", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const reader = new PieceReader(readable);
    const writing = writer.write(bytes.subarray(0, 3));
    expect(await reader.read()).toEqual(bytes.subarray(0, 3));
    await writing;
  });

  it("reads a stream that a function made, whose pieces are its own", async () => {
    const parts = [bytes.slice(0, 5), new Uint8Array(), bytes.slice(5, 300_000)];
    const made = new ReadableStream<Uint8Array>({
      start(sink) {
        for (const part of parts) sink.enqueue(part);
        sink.close();
      },
    });
    const pieces = await readAll(new PieceReader(made));
    expect(pieces.map((piece) => piece.byteLength)).toEqual([5, 299_995]);
    expect(await whole(pieces)).toEqual(bytes.subarray(0, 300_000));
  });

  it("says where a body breaks off", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const reader = new PieceReader(readable);
    const reading = reader.read();
    writable
      .getWriter()
      .abort(new Error("broken"))
      .catch(() => {});
    await expect(reading).rejects.toThrow("broken");
  });

  it("ends when the rest is not wanted, though it is waiting for it", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const reader = new PieceReader(readable);
    const reading = reader.read();
    reader.cancel("enough");
    expect(await reading).toBeUndefined();
    expect(await reader.read()).toBeUndefined();
    await expect(writer.write(bytes.subarray(0, 1))).rejects.toBeDefined();
  });
});
