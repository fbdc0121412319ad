import { describe, expect, it } from "vitest";
import { isJson, matchesMediaType, parseMediaType } from "../../src/http/media-type.ts";

describe("parseMediaType", () => {
  it.each([
    ["text/html", "text", "html", {}],
    [" Application/JSON ", "application", "json", {}],
    ["text/html;charset=UTF-8", "text", "html", { charset: "UTF-8" }],
    ['text/html; Charset="utf-8" ; ;x=1', "text", "html", { charset: "utf-8", x: "1" }],
    ['a/b;q="a\\"b;c"', "a", "b", { q: 'a"b;c' }],
    ["a/b;x=1;x=2", "a", "b", { x: "1" }],
    ["a/b;", "a", "b", {}],
  ])("reads %s", (value, type, subtype, parameters) => {
    const parsed = parseMediaType(value);
    expect(parsed).toMatchObject({ type, subtype });
    expect(Object.fromEntries(parsed?.parameters ?? [])).toEqual(parameters);
  });

  it.each([
    "",
    "text",
    "text/",
    "/html",
    "text/html/x",
    "te xt/html",
    "a/b;c",
    "a/b;c=",
    'a/b;c="x',
    "a/b,c/d",
  ])("does not read %j", (value) => {
    expect(parseMediaType(value)).toBeUndefined();
  });
});

describe("matchesMediaType", () => {
  it.each([
    ["application/json", "application/json", true],
    ["application/json", "Application/JSON; charset=utf-8", true],
    ["application/json", "application/jsonp", false],
    ["application/json", "application/problem+json", false],
    ["image/*", "image/png", true],
    ["image/*", "imagex/png", false],
    ["application/*+json", "application/problem+json", true],
    ["application/*+json", "application/json", false],
    ["application/*+json", "application/+json", false],
    ["application/*+json", "text/problem+json", false],
    ["*/*", "anything/at-all", true],
    ["*/*", "", false],
    ["*/*", "nonsense", false],
  ])("%s takes %s: %j", (pattern, value, expected) => {
    expect(matchesMediaType(pattern, value)).toBe(expected);
  });
});

it.each([
  ["application/json", true],
  ["application/problem+json; charset=utf-8", true],
  ["text/json", true],
  ["APPLICATION/JSON", true],
  ["application/x-json", false],
  ["text/html", false],
  ["", false],
])("isJson of %j is %j", (value, expected) => {
  expect(isJson(value)).toBe(expected);
});
