import { describe, expect, it } from "vitest";
import { accepts, acceptsBody, bringsJson, mayAccept, type Predicates } from "../../src/match/when.ts";

function asked(headers: HeadersInit = {}, search = "") {
  return { request: new Request("https://api.example/", { headers }), query: new URLSearchParams(search) };
}

describe("a predicate", () => {
  it.each<[name: string, when: Predicates, headers: HeadersInit, search: string, holds: boolean]>([
    ["a field that is there", { header: { "x-a": true } }, { "X-A": "" }, "", true],
    ["a field that is not", { header: { "x-a": true } }, {}, "", false],
    ["a field's value", { header: { "x-a": "1" } }, { "x-a": "1" }, "", true],
    ["a field's other value", { header: { "x-a": "1" } }, { "x-a": "1, 1" }, "", false],
    ["one of two fields", { header: { "x-a": "1", "x-b": "2" } }, { "x-a": "1" }, "", false],
    ["a parameter that is there", { query: { q: true } }, {}, "?q", true],
    ["a parameter's value, decoded", { query: { q: "a b&" } }, {}, "?q=a+b%26", true],
    ["a parameter's first value", { query: { q: "1" } }, {}, "?q=1&q=2", true],
    ["a parameter's second value", { query: { q: "2" } }, {}, "?q=1&q=2", false],
    ["a parameter in another case", { query: { q: true } }, {}, "?Q", false],
    ["a cookie that is there", { cookie: { b: true } }, { cookie: "a=1; b=" }, "", true],
    ["a cookie's first value", { cookie: { b: "1" } }, { cookie: "b=1; b=2" }, "", true],
    ["a cookie's second value", { cookie: { b: "2" } }, { cookie: "b=1; b=2" }, "", false],
    ["a cookie that only begins so", { cookie: { b: true } }, { cookie: "bc=1; ab=2" }, "", false],
    ["no cookie at all", { cookie: { b: true } }, {}, "", false],
    ["a media type", { content: "image/*" }, { "content-type": "Image/PNG; q=1" }, "", true],
    ["another media type", { content: "image/*" }, { "content-type": "text/png" }, "", false],
    ["no media type", { content: "*/*" }, {}, "", false],
    ["all of several", { header: { a: "1" }, query: { b: true } }, { a: "1" }, "?b", true],
    ["one of several", { header: { a: "1" }, query: { b: true } }, { a: "1" }, "", false],
    ["nothing", {}, {}, "", true],
  ])("on %s", (_, when, headers, search, holds) => {
    expect(accepts(when, asked(headers, search))).toBe(holds);
  });

  it("on the query is the only one for which the query is parsed", () => {
    const { request } = asked();
    const unparsed = {
      request,
      get query(): URLSearchParams {
        throw new Error("parsed");
      },
    };
    expect(accepts({ header: { a: true } }, unparsed)).toBe(false);
    expect(accepts({ cookie: { a: true } }, unparsed)).toBe(false);
    expect(accepts(undefined, unparsed)).toBe(true);
  });
});

describe("a predicate on the body", () => {
  it.each<[body: Predicates["body"] & object, json: unknown, holds: boolean]>([
    [[[["a", "b"], 1]], { a: { b: 1 } }, true],
    [[[["a", "b"], 1]], { a: { b: "1" } }, false],
    [[[["a"], null]], { a: null }, true],
    [[[["a"], null]], {}, false],
    [[[["a"]]], { a: null }, true],
    [[[["a"]]], { a: {} }, true],
    [[[["a"]]], {}, false],
    [[[["a"], true]], { a: true }, true],
    [[[["a"], true]], { a: 1 }, false],
    [[[["a"], ""]], { a: "" }, true],
    [[[[], 5]], 5, true],
    [[[["0"], "x"]], ["x"], true],
    [
      [
        [["a"], 1],
        [["b"], 2],
      ],
      { a: 1, b: 3 },
      false,
    ],
    [[[["a"]]], undefined, false],
    [[[[]]], undefined, false],
  ])("%j of %j: %j", (body, json, holds) => {
    expect(acceptsBody({ body }, json)).toBe(holds);
  });

  it("is none where a route has none", () => {
    expect(acceptsBody(undefined, undefined)).toBe(true);
    expect(acceptsBody({ content: "text/plain" }, undefined)).toBe(true);
  });

  it.each([
    ["POST", "application/json", "{}", true],
    ["DELETE", "application/problem+json;charset=utf-8", "{}", true],
    ["POST", "application/json", undefined, false],
    ["POST", "text/plain", "{}", false],
    ["GET", "application/json", undefined, false],
  ])("may hold for %s with %s and %j: %j", (method, type, body, may) => {
    const init = { method, headers: { "content-type": type }, ...(body !== undefined && { body }) };
    expect(bringsJson(new Request("https://api.example/", init))).toBe(may);
  });
});

describe("what a preflight asks about", () => {
  const preflight = (fields?: string, search = "") =>
    asked(fields === undefined ? {} : { "access-control-request-headers": fields }, search);

  it("may be accepted by what it does not show yet", () => {
    expect(mayAccept(undefined, preflight())).toBe(true);
    expect(mayAccept({ cookie: { a: "1" }, content: "image/*", body: [[["a"]]] }, preflight())).toBe(true);
  });

  it("has the fields that it names, in any case, and no others", () => {
    const when = { header: { "x-a": "1", "x-b": true } } as const;
    expect(mayAccept(when, preflight("X-B ,x-a"))).toBe(true);
    expect(mayAccept(when, preflight("x-a"))).toBe(false);
    expect(mayAccept(when, preflight("x-a-b,x-b"))).toBe(false);
    expect(mayAccept(when, preflight())).toBe(false);
  });

  it("has the fields that the preflight has itself", () => {
    expect(mayAccept({ header: { "user-agent": true } }, asked({ "user-agent": "x" }))).toBe(true);
  });

  it("has the query that it has", () => {
    expect(mayAccept({ query: { q: "1" } }, preflight(undefined, "?q=1"))).toBe(true);
    expect(mayAccept({ query: { q: "1" } }, preflight())).toBe(false);
  });
});
