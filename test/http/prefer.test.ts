import { describe, expect, it } from "vitest";
import { parsePreferences } from "../../src/http/prefer.ts";

const read = (field: string) => Object.fromEntries(parsePreferences(field));

describe("a Prefer field", () => {
  it.each<[string, string, Record<string, string>]>([
    ["nothing", "", {}],
    ["a name alone", "respond-async", { "respond-async": "" }],
    ["a value", "code=404", { code: "404" }],
    ["several", "code=404, delay=2s,example=sold-out", { code: "404", delay: "2s", example: "sold-out" }],
    ["white space round the sign", "wait =\t10 , code= 404", { wait: "10", code: "404" }],
    ["a quoted value", 'example="sold \\"out\\", a", code=200', { example: 'sold "out", a', code: "200" }],
    ["an empty value as none", 'code=""', { code: "" }],
    ["names in any case", "Code=404", { code: "404" }],
    ["the first of two", "code=404, CODE=500", { code: "404" }],
    ["no parameters", "a=1; code=404; b, delay=2s", { a: "1", delay: "2s" }],
    ["empty elements", " ,, code=404 ,", { code: "404" }],
    ["nothing after a mistake", "code=404, =, delay=2s", { code: "404" }],
    ["no half of a mistake", 'delay="2s', {}],
  ])("says %s: %j", (_, field, expected) => {
    expect(read(field)).toEqual(expected);
  });
});
