import { describe, expect, it } from "vitest";
import { isNotModified, revalidationOf, stripContentFields } from "../../src/cache/conditional.ts";

type Fields = Record<string, string>;
const MODIFIED = "Fri, 20 Nov 2026 12:00:00 GMT";
const LATER = "Fri, 20 Nov 2026 12:00:01 GMT";
const EARLIER = "Fri, 20 Nov 2026 11:59:59 GMT";

describe("isNotModified", () => {
  const table: Array<[string, Fields, Fields, boolean]> = [
    ["no condition", {}, { etag: '"1"', "last-modified": MODIFIED }, false],
    ["its tag", { "if-none-match": '"1"' }, { etag: '"1"' }, true],
    ["another tag", { "if-none-match": '"2"' }, { etag: '"1"' }, false],
    ["its tag among others", { "if-none-match": '"2", W/"1"' }, { etag: '"1"' }, true],
    ["a strong tag for a weak one", { "if-none-match": '"1"' }, { etag: 'W/"1"' }, true],
    ["any tag", { "if-none-match": "*" }, { etag: '"1"' }, true],
    ["a tag for none", { "if-none-match": '"1"' }, {}, false],
    ["a malformed tag", { "if-none-match": "1" }, { etag: '"1"' }, false],
    ["the very date", { "if-modified-since": MODIFIED }, { "last-modified": MODIFIED }, true],
    ["a later date", { "if-modified-since": LATER }, { "last-modified": MODIFIED }, true],
    ["an earlier date", { "if-modified-since": EARLIER }, { "last-modified": MODIFIED }, false],
    ["a date for none", { "if-modified-since": LATER }, {}, false],
    ["a malformed date", { "if-modified-since": "2027" }, { "last-modified": MODIFIED }, false],
    [
      "another tag over a fitting date",
      { "if-none-match": '"2"', "if-modified-since": LATER },
      { etag: '"1"', "last-modified": MODIFIED },
      false,
    ],
    [
      "its tag over an earlier date",
      { "if-none-match": '"1"', "if-modified-since": EARLIER },
      { etag: '"1"', "last-modified": MODIFIED },
      true,
    ],
  ];
  it.each(table)("%s", (_, request, response, expected) => {
    expect(isNotModified(new Headers(request), response)).toBe(expected);
  });
});

describe("stripContentFields", () => {
  it("leaves what a 304 may say", () => {
    const headers: Fields = {
      "accept-ranges": "bytes",
      age: "3",
      "cache-control": "max-age=60",
      "content-language": "de",
      "content-length": "5",
      "content-location": "/a",
      "content-security-policy": "default-src 'none'",
      "content-type": "text/html",
      date: MODIFIED,
      etag: '"1"',
      expires: LATER,
      "last-modified": MODIFIED,
      vary: "Accept",
      "x-own": "1",
    };
    stripContentFields(headers);
    expect(Object.keys(headers).sort()).toEqual([
      "age",
      "cache-control",
      "content-location",
      "content-security-policy",
      "date",
      "etag",
      "expires",
      "vary",
      "x-own",
    ]);
  });

  it("leaves the date where there is no tag", () => {
    const headers: Fields = { "content-type": "text/html", "last-modified": MODIFIED };
    stripContentFields(headers);
    expect(Object.keys(headers)).toEqual(["last-modified"]);
  });
});

describe("revalidationOf", () => {
  const entry = (headers: Fields) => ({
    status: 200,
    headers,
    bornAt: 0,
    freshUntil: 0,
    staleUntil: 0,
    errorUntil: 0,
    vary: [],
    tags: [],
  });

  it("asks with the tag, else the date, else not at all", () => {
    const both = { "last-modified": MODIFIED, etag: 'W/"1"' };
    expect(revalidationOf(entry(both))).toEqual(["if-none-match", 'W/"1"']);
    expect(revalidationOf(entry({ "last-modified": MODIFIED }))).toEqual(["if-modified-since", MODIFIED]);
    expect(revalidationOf(entry({ "content-type": "text/html" }))).toBeUndefined();
  });
});
