import { describe, expect, it } from "vitest";
import { isDecodedOnRead, takeOffCoding } from "../../src/http/content-coding.ts";

describe("a content coding", () => {
  it.each([
    ["gzip", true],
    [" BR ", true],
    ["identity", false],
    ["deflate", false],
    ["zstd", false],
    ["gzip, br", false],
    ["", false],
  ])("%j is taken off by the runtime: %j", (coding, expected) => {
    expect(isDecodedOnRead(new Headers({ "content-encoding": coding }))).toBe(expected);
  });

  it("may be none", () => {
    expect(isDecodedOnRead(new Headers())).toBe(false);
  });

  it.each([
    ['"a"', 'W/"a"'],
    ['W/"a"', 'W/"a"'],
    [undefined, undefined],
  ])("leaves of the fields those that are about the content: %j becomes %j", (etag, weak) => {
    const headers = new Headers({
      "accept-ranges": "bytes",
      "content-encoding": "gzip",
      "content-length": "5",
      "content-type": "text/plain",
      vary: "Accept-Encoding",
      ...(etag !== undefined && { etag }),
    });
    takeOffCoding(headers);
    expect(Object.fromEntries(headers)).toEqual({
      "content-type": "text/plain",
      vary: "Accept-Encoding",
      ...(weak !== undefined && { etag: weak }),
    });
  });
});
