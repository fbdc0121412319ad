import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeChange } from "../../src/functions/upstream-change.ts";
import { normalisePath } from "../../src/match/normalise.ts";

const request = { method: "GET", path: "/a", search: "?b", headers: new Headers() };

describe("a change of a request to an upstream", () => {
  it("has what was given, and nothing of what was not", () => {
    const headers = new Headers({ "x-a": "1" });
    expect(takeChange(undefined, request)).toEqual({});
    expect(takeChange({}, request)).toEqual({});
    expect(takeChange({ path: undefined, search: undefined, headers: undefined }, request)).toEqual({});
    expect(takeChange({ path: "/c", search: "" }, request)).toEqual({ path: "/c", search: "" });
    expect(takeChange({ headers }, request).headers).toBe(headers);
  });

  it("may be made of the request itself", () => {
    expect(takeChange({ ...request, path: "/c" }, request)).toEqual({
      path: "/c",
      search: "?b",
      headers: request.headers,
    });
  });

  it.each<[string, unknown, string]>([
    ["null", null, "[object Null] is no change"],
    ["a string", "/c", "[object String] is no change"],
    ["a Response", new Response(), "[object Response] is no change"],
    ["Headers by themselves", new Headers({ a: "1" }), "[object Headers] is no change"],
    ["a list", ["/c"], "[object Array] is no change"],
    ["another method", { method: "PUT" }, "the method cannot be changed"],
    ["a body", { body: "x" }, '"body" cannot be changed'],
    ["a misspelling", { headres: new Headers() }, '"headres" cannot be changed'],
    ["a path without its slash", { path: "c" }, '"c" is no path'],
    ["a path that is another host", { path: "@evil.example/" }, '"@evil.example/" is no path'],
    ["a path with a query", { path: "/c?d" }, '"/c?d" is no path'],
    ["a path with dot segments", { path: "/c/../d" }, '"/c/../d" is no path'],
    ["a path that hides them", { path: "/c/%2e%2E/d" }, '"/c/%2e%2E/d" is no path'],
    ["an encoded slash", { path: "/c%2fd" }, '"/c%2fd" is no path'],
    ["a line break in the path", { path: "/c\r\nx: 1" }, "is no path"],
    ["no path", { path: null }, "[object Null] is no path"],
    ["a query without its ?", { search: "d=1" }, '"d=1" is no query'],
    ["a fragment", { search: "?d#e" }, '"?d#e" is no query'],
    ["a line break in the query", { search: "?d\n" }, "is no query"],
    ["a query as an object", { search: new URLSearchParams("d=1") }, "[object URLSearchParams] is no query"],
    ["headers as an object", { headers: { "x-a": "1" } }, "[object Object] is no Headers"],
  ])("is not %s", (_, given, message) => {
    expect(() => takeChange(given, request)).toThrow(message);
  });

  it("has the one spelling of its path, whatever was given", () => {
    expect(takeChange({ path: "/%7Ec%c3%a9" }, request).path).toBe("/~c%C3%A9");
    fc.assert(
      fc.property(fc.oneof(fc.webPath(), fc.string()), (path) => {
        let taken: string | undefined;
        try {
          taken = takeChange({ path }, request).path;
        } catch {
          return;
        }
        expect(taken).toBe(normalisePath(path));
        expect(normalisePath(taken ?? "")).toBe(taken);
      }),
    );
  });
});
