import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RequestContext } from "../../src/context.ts";
import { counterKey } from "../../src/limits/counter-key.ts";
import type { KeyPart } from "../../src/limits/limit-key.ts";

const nowhere = {} as RequestContext;
const part = (value: string | undefined, confidential = false): KeyPart => ({
  needsIdentity: false,
  confidential,
  read: () => value,
});
const keyOf = (values: ReadonlyArray<string | undefined>, prefix = "limit ") =>
  counterKey(
    prefix,
    values.map((value) => part(value)),
    nowhere,
  );

describe("counterKey", () => {
  it("cannot be made to read like other values by what is in them", async () => {
    const text = fc.string({ maxLength: 4 });
    const glue = fc.constantFrom("", "-", "#", ":", "1:", "|", "/", ",", ";", " ", "\n", "\0", '"');
    await fc.assert(
      fc.asyncProperty(text, text, text, glue, async (a, b, c, between) => {
        const left = [`${a}${between}${b}`, c];
        const right = [a, `${b}${between}${c}`];
        expect((await keyOf(left)) === (await keyOf(right))).toBe(
          JSON.stringify(left) === JSON.stringify(right),
        );
      }),
    );
  });

  it("tells a missing value from an empty one", () => {
    expect(keyOf([undefined])).not.toBe(keyOf([""]));
  });

  it("is bounded however long the values are, and still tells them apart", async () => {
    const long = "x".repeat(100_000);
    const keys = [await keyOf([long, "a"]), await keyOf([`${long}x`, "a"]), await keyOf([long, "b"])];
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key.length).toBeLessThan(100);
  });

  it("never shows a value that may be a credential", async () => {
    const key = await counterKey("limit ", [part("s3cret", true), part("203.0.113.9")], nowhere);
    expect(key).not.toContain("s3cret");
    expect(key).toContain("203.0.113.9");
    expect(key).not.toBe(await counterKey("limit ", [part("other", true), part("203.0.113.9")], nowhere));
  });

  it("needs no promise for short, public values", () => {
    expect(keyOf(["203.0.113.9", "abc"])).toBeTypeOf("string");
  });
});
