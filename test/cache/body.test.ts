import { describe, expect, it } from "vitest";
import { LARGEST_BODY, readWhole } from "../../src/cache/body.ts";

function stream(...chunks: Array<string | Error>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const next = chunks.shift();
      if (next === undefined) controller.close();
      else if (typeof next === "string") controller.enqueue(new TextEncoder().encode(next));
      else controller.error(next);
    },
  });
}

describe("readWhole", () => {
  it("reads all chunks", async () => {
    expect(new TextDecoder().decode(await readWhole(stream("ab", "", "c"), undefined))).toBe("abc");
    expect(await readWhole(stream(), 0)).toEqual(new Uint8Array(0));
    expect(await readWhole(stream("abc"), 3)).toHaveLength(3);
  });

  it.each([2, 4])("refuses three bytes where %d were announced", async (length) => {
    await expect(readWhole(stream("abc"), length)).rejects.toThrow(RangeError);
  });

  it("fails with what the body fails with", async () => {
    await expect(readWhole(stream("abc", new Error("cut off")), undefined)).rejects.toThrow("cut off");
  });

  it("stops reading a body that is too large", async () => {
    let [pulled, cancelled] = [0, false];
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1024 * 1024;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
      cancel() {
        cancelled = true;
      },
    });
    await expect(readWhole(endless, undefined)).rejects.toThrow(RangeError);
    expect(pulled).toBeLessThan(LARGEST_BODY + 4 * 1024 * 1024);
    expect(cancelled).toBe(true);
  });
});
