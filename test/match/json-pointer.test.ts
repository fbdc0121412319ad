import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatJsonPointer, parseJsonPointer, valueAt } from "../../src/match/json-pointer.ts";

/** The document of RFC 6901 §5. */
const DOCUMENT = JSON.parse(
  String.raw`{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}`,
);
const read = (pointer: string, document: unknown = DOCUMENT) => valueAt(document, parseJsonPointer(pointer)!);

describe("a JSON Pointer", () => {
  it.each([
    ["", DOCUMENT],
    ["/foo", ["bar", "baz"]],
    ["/foo/0", "bar"],
    ["/", 0],
    ["/a~1b", 1],
    ["/c%d", 2],
    ["/e^f", 3],
    ["/g|h", 4],
    ["/i\\j", 5],
    ['/k"l', 6],
    ["/ ", 7],
    ["/m~0n", 8],
  ])("%j leads where RFC 6901 §5 says", (pointer, value) => {
    expect(read(pointer)).toEqual(value);
  });

  it.each(["/none", "/foo/2", "/foo/00", "/foo/-", "/foo/-1", "/foo/length", "/foo/bar", "/foo/0/0", "//a"])(
    "%j leads nowhere",
    (pointer) => {
      expect(read(pointer)).toBeUndefined();
    },
  );

  it("does not see what every object has", () => {
    for (const key of ["toString", "constructor", "__proto__", "hasOwnProperty", "at"]) {
      for (const document of [{}, [], "text", 1, null, undefined]) {
        expect(read(`/${key}`, document)).toBeUndefined();
      }
    }
    expect(read("/__proto__/a", JSON.parse('{"__proto__":{"a":1}}'))).toBe(1);
    expect(read("/length", { length: 3 })).toBe(3);
  });

  it.each(["a", "a/b", "/~", "/~2", "/a~", "#/a"])("is not %j", (text) => {
    expect(parseJsonPointer(text)).toBeUndefined();
  });

  it("is written as it is read", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (path) => {
        expect(parseJsonPointer(formatJsonPointer(path))).toEqual(path);
      }),
    );
  });
});
