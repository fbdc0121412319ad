import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PART_LIMIT, readJson } from "../../../src/actions/compose/read-json.ts";

const open = () => new AbortController().signal;

/** A body that arrives in the given pieces. */
function pieces(chunks: readonly Uint8Array[], onCancel: () => void = () => {}): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
    cancel: onCancel,
  });
  return new Response(body);
}

describe("readJson", () => {
  it("reads JSON however its bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.integer({ min: 1, max: 7 }), async (text, size) => {
        const bytes = new TextEncoder().encode(text);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.slice(index * size, (index + 1) * size),
        );
        expect(await readJson(pieces(chunks), open())).toEqual(JSON.parse(text));
      }),
      { numRuns: 50 },
    );
  });

  it("does not mind a byte order mark or another media type", async () => {
    const response = new Response("\ufeff[1]", { headers: { "content-type": "text/plain" } });
    expect(await readJson(response, open())).toEqual([1]);
  });

  it("reads up to its limit and no byte further", async () => {
    const fill = (length: number) => new TextEncoder().encode(`"${"a".repeat(length - 2)}"`);
    expect(await readJson(pieces([fill(PART_LIMIT)]), open())).toHaveLength(PART_LIMIT - 2);
    await expect(readJson(pieces([fill(PART_LIMIT + 1)]), open())).rejects.toMatchObject({
      refusal: { code: "upstream-invalid" },
    });
  });

  it("gives an endless answer up", async () => {
    let cancelled = false;
    const chunk = new Uint8Array(1_000_000).fill(32);
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(chunk),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(readJson(new Response(body), open())).rejects.toThrow("upstream-invalid");
    expect(cancelled).toBe(true);
  });

  it("ends with the reason of an abort, before as well as during the reading", async () => {
    const reason = new Error("no longer wanted");
    await expect(readJson(new Response("{}"), AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled = true;
      },
    });
    const reading = readJson(new Response(body), controller.signal);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(cancelled).toBe(true);
  });

  it("drops members called __proto__, however they are written, and no others", async () => {
    const read = (text: string) => readJson(new Response(text), open());
    for (const key of ["__proto__", "\\u005f_proto__", "__\\u0070rot\\u006F__", "__proto_\\u005F"]) {
      const value = await read(`{"a":[{"${key}":{"x":1}}],"b":1}`);
      expect(JSON.stringify(value)).toBe('{"a":[{}],"b":1}');
    }
    expect(await read('{"proto":"__proto__","__Proto__":1}')).toEqual({
      proto: "__proto__",
      __Proto__: 1,
    });
  });
});
