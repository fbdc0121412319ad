import { describe, expect, it } from "vitest";
import { parsePathPattern, parseRouteKey } from "../../src/match/pattern.ts";

describe("parseRouteKey", () => {
  it.each([
    ["GET /", "GET", [{ kind: "static", text: "" }], []],
    ["ANY /*", "ANY", [{ kind: "rest" }], ["*"]],
    [
      "POST /v1/:org/users/:id{\\d+}/",
      "POST",
      [
        { kind: "static", text: "v1" },
        { kind: "param", name: "org" },
        { kind: "static", text: "users" },
        { kind: "param", name: "id", pattern: "\\d+" },
        { kind: "static", text: "" },
      ],
      ["org", "id"],
    ],
    ["GET /:year{[0-9]{4}}", "GET", [{ kind: "param", name: "year", pattern: "[0-9]{4}" }], ["year"]],
    ["GET /caf%c3%a9", "GET", [{ kind: "static", text: "café" }], []],
    ["GET /docs:export", "GET", [{ kind: "static", text: "docs:export" }], []],
    ["GET /__proto__", "GET", [{ kind: "static", text: "__proto__" }], []],
  ])("reads %s", (key, method, segments, names) => {
    expect(parseRouteKey(key)).toEqual({ method, segments, names });
  });

  it.each([
    ["", "a method, one space and a path"],
    ["GET", "a method, one space and a path"],
    ["/a", "a method, one space and a path"],
    ["GET a", "a method, one space and a path"],
    ["GET  /a", "a method, one space and a path"],
    ["get /a", 'unknown method "get"'],
    ["GTE /a", 'unknown method "GTE"'],
    ["CONNECT /a", 'unknown method "CONNECT"'],
    ["GET /a//b", "no empty segments"],
    ["GET /*/a", "only be the last segment"],
    ["GET /a*", "segment of its own"],
    ["GET /:", "no parameter name"],
    ["GET /:1st", "no parameter name"],
    ["GET /:a-b", "no parameter name"],
    ["GET /:__proto__", "no parameter name"],
    ["GET /:id.json", "no parameter name"],
    ["GET /:a/:a", 'two parameters are called "a"'],
    ["GET /{id}", 'write a parameter as ":name"'],
    ["GET /a{b", 'write a parameter as ":name"'],
    ["GET /:id{", "braces"],
    ["GET /:id{a}b", "braces"],
    ["GET /:id{a/b}", "braces"],
    ["GET /:id{}", "is empty"],
    ["GET /:id{(a+)+}", 'the pattern of ":id" has "(a+)+"'],
    ["GET /a;v=1", "no request can have the segment"],
    ["GET /a/../b", "no request can have the segment"],
    ["GET /%2e", "no request can have the segment"],
    ["GET /a%2Fb", "no request can have the segment"],
    ["GET /a?b", "no request can have the segment"],
    ["GET /café", 'Write "caf%C3%A9".'],
    ["GET /a b", 'Write "a%20b".'],
    ["GET /a\ud800", "must be percent-encoded"],
  ])("refuses %j and says why", (key, reason) => {
    expect(parseRouteKey(key)).toEqual({ error: expect.stringContaining(reason) });
  });
});

it("parsePathPattern refuses a path without its slash", () => {
  expect(parsePathPattern("admin/*")).toEqual({ error: expect.stringContaining("begins with a slash") });
});
