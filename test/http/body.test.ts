import { describe, expect, it } from "vitest";
import { BoundedBody, readBody } from "../../src/http/body.ts";

/** A stream of these chunks that tells what became of it. */
function source(...chunks: Array<string | Uint8Array>) {
  const seen = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.pulled++];
        if (chunk === undefined) controller.close();
        else controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { seen, stream };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const refusal = (code: string) => expect.objectContaining({ refusal: expect.objectContaining({ code }) });

describe("readBody", () => {
  it("reads all chunks in order", async () => {
    expect(text(await readBody(source("ab", "", "cd", "e").stream, 5))).toBe("abcde");
    expect(text(await readBody(source("one").stream, 3))).toBe("one");
    expect(text(await readBody(source().stream, 0))).toBe("");
    expect(text(await readBody(null, 0))).toBe("");
  });

  it("stops at the limit: it reads no further chunk and cancels the rest", async () => {
    const { seen, stream } = source("ab", "cd", "ef", "gh");
    await expect(readBody(stream, 3)).rejects.toEqual(refusal("body-too-large"));
    expect(seen).toEqual({ pulled: 2, cancelled: true });
  });

  it("takes a body that breaks off for its sender's doing, and keeps why", async () => {
    const stream = new ReadableStream({
      pull() {
        throw new Error("connection lost");
      },
    });
    const failure = await readBody(stream, 10).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      refusal: { code: "malformed-body", details: { cause: new Error("connection lost") } },
    });
  });
});

describe("BoundedBody", () => {
  it("reads once for all who ask", async () => {
    const { seen, stream } = source('{"a":', "1}");
    const body = new BoundedBody(stream, 100);
    const [json, plain, bytes] = await Promise.all([body.json(), body.text(), body.bytes()]);
    expect(json).toEqual({ a: 1 });
    expect(plain).toBe('{"a":1}');
    expect(text(bytes)).toBe('{"a":1}');
    expect(seen.pulled).toBe(3);
  });

  it("reads nothing until somebody asks", () => {
    const { seen, stream } = source("ab");
    new BoundedBody(stream, 1);
    expect(seen.pulled).toBe(0);
  });

  it("gives each who asks a JSON value of their own", async () => {
    const body = new BoundedBody(source("[1]").stream, 100);
    expect(await body.json()).not.toBe(await body.json());
  });

  it("refuses by Content-Length without reading", async () => {
    const { seen, stream } = source("abcd");
    await expect(new BoundedBody(stream, 3, "4").bytes()).rejects.toEqual(refusal("body-too-large"));
    expect(seen.pulled).toBe(0);
  });

  it("does not believe a Content-Length that is too small or none", async () => {
    for (const declared of ["1", "-1", "x", "", null]) {
      const body = new BoundedBody(source("abcd").stream, 3, declared);
      await expect(body.bytes()).rejects.toEqual(refusal("body-too-large"));
    }
  });

  it("refuses the same way every time it is asked", async () => {
    const body = new BoundedBody(source("abcd").stream, 3);
    await expect(body.text()).rejects.toEqual(refusal("body-too-large"));
    await expect(body.json()).rejects.toEqual(refusal("body-too-large"));
  });

  it("refuses what is not UTF-8, and what is not JSON", async () => {
    const latin = new BoundedBody(source(new Uint8Array([0x22, 0xe9, 0x22])).stream, 100);
    await expect(latin.json()).rejects.toEqual(refusal("malformed-body"));
    for (const wrong of ["", "{", "{'a':1}", "[1,]", "NaN"]) {
      await expect(new BoundedBody(source(wrong).stream, 100).json()).rejects.toEqual(
        refusal("malformed-body"),
      );
    }
  });
});
