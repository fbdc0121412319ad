import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PART_LIMIT, readJson } from "../../../src/actions/compose/read-json.ts";

const nobody = () => {};

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
      fc.asyncProperty(
        // Members called `__proto__` are dropped, which is another test's business.
        fc.json({ stringUnit: "grapheme" }).filter((text) => !text.includes("__proto__")),
        fc.integer({ min: 1, max: 7 }),
        async (text, size) => {
          const bytes = new TextEncoder().encode(text);
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
            bytes.slice(index * size, (index + 1) * size),
          );
          expect(await readJson(pieces(chunks), nobody)).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("does not mind a byte order mark or another media type", async () => {
    const response = new Response("\ufeff[1]", { headers: { "content-type": "text/plain" } });
    expect(await readJson(response, nobody)).toEqual([1]);
  });

  it("reads up to its limit and no byte further", async () => {
    const fill = (length: number) => new TextEncoder().encode(`"${"a".repeat(length - 2)}"`);
    expect(await readJson(pieces([fill(PART_LIMIT)]), nobody)).toHaveLength(PART_LIMIT - 2);
    await expect(readJson(pieces([fill(PART_LIMIT + 1)]), nobody)).rejects.toMatchObject({
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
    await expect(readJson(new Response(body), nobody)).rejects.toThrow("upstream-invalid");
    expect(cancelled).toBe(true);
  });

  it("hands out what cancels the reading", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled = true;
      },
    });
    let cancel = () => Promise.resolve();
    const reading = readJson(new Response(body), (reader) => {
      cancel = () => reader.cancel();
    });
    await cancel();
    expect(cancelled).toBe(true);
    await expect(reading).rejects.toThrow("upstream-invalid");
  });

  it("believes a Content-Length only where nothing is encoded", async () => {
    const text = `"${"a".repeat(PART_LIMIT)}"`;
    const read = (headers: HeadersInit) => readJson(new Response(text, { headers }), nobody);
    await expect(read({ "content-length": "12", "content-encoding": "gzip" })).rejects.toThrow(
      "upstream-invalid",
    );
    await expect(read({ "content-length": String(text.length) })).rejects.toThrow("upstream-invalid");
    const small = new Response("[1]", { headers: { "content-length": "3" } });
    expect(await readJson(small, nobody)).toEqual([1]);
    const broken = new Response("[1", { headers: { "content-length": "2" } });
    await expect(readJson(broken, nobody)).rejects.toThrow("upstream-invalid");
  });

  it("drops members called __proto__, however they are written, and no others", async () => {
    const read = (text: string) => readJson(new Response(text), nobody);
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
