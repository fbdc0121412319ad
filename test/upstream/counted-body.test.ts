import { describe, expect, it, vi } from "vitest";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import { countedBody } from "../../src/upstream/counted-body.ts";

const tooLarge = () => refuse("body-too-large");
const bytes = (length: number) => new Uint8Array(length).fill(120);
const bodyOf = (length: number) => new Response(bytes(length)).body!;
const read = (stream: ReadableStream) => new Response(stream).bytes();
const codeOf = ({ reason }: AbortSignal) => (reason instanceof RefusalError ? reason.refusal.code : reason);

describe("a counted body", () => {
  it("passes whole as long as it is not larger", async () => {
    for (const length of [0, 1, 999, 1_000]) {
      const { stream, controller } = countedBody(bodyOf(length), 1_000, tooLarge);
      expect(await read(stream)).toEqual(bytes(length));
      expect(controller.signal.aborted).toBe(false);
    }
  });

  it("calls the exchange off before it breaks, so that the origin does not take it for the whole", async () => {
    const { stream, controller } = countedBody(bodyOf(100_000), 99_999, tooLarge);
    await expect(
      read(stream).finally(() => expect(codeOf(controller.signal)).toBe("body-too-large")),
    ).rejects.toThrow();
  });

  it("passes whole though it is larger, where it may, and that is asked once", async () => {
    const excess = vi.fn(() => undefined);
    const { stream, controller } = countedBody(bodyOf(100_000), 10, excess);
    expect((await read(stream)).byteLength).toBe(100_000);
    expect(excess).toHaveBeenCalledOnce();
    expect(controller.signal.aborted).toBe(false);
  });

  it("calls the exchange off where the client does not end it well", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const { stream, controller } = countedBody(readable, 1_000, tooLarge);
    const reading = read(stream);
    writable
      .getWriter()
      .abort(new Error("gone"))
      .catch(() => {});
    await expect(reading).rejects.toThrow();
    expect(codeOf(controller.signal)).toBe("malformed-body");
  });

  it("is not read to its end for an origin that takes no more", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const { stream } = countedBody(readable, 1_000, tooLarge);
    await stream.cancel("enough");
    const sending = async () => {
      for (;;) await writer.write(bytes(1));
    };
    await expect(sending()).rejects.toBeDefined();
  });
});
