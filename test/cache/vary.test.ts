import { describe, expect, it } from "vitest";
import { isVariantFor, selectingFields, selectVariant } from "../../src/cache/vary.ts";

describe("selectingFields", () => {
  const table: Array<[string | null, string[] | undefined]> = [
    [null, []],
    ["", []],
    ["Accept", ["accept"]],
    ["Accept-Language, ACCEPT", ["accept", "accept-language"]],
    ["accept, accept", ["accept"]],
    ["Accept-Encoding", []],
    ["Origin, Cookie, X-Tenant", []],
    ["*", undefined],
    ["Accept, *", undefined],
  ];
  it.each(table)("of Vary: %s", (vary, fields) => {
    expect(selectingFields(vary)).toEqual(fields);
  });
});

describe("a variant", () => {
  const matches = (name: string, stored: string | null, asked: string | null) => {
    const headers = (value: string | null) => new Headers(value === null ? {} : { [name]: value });
    return isVariantFor(selectVariant([name], headers(stored)), headers(asked));
  };
  const table: Array<[string, string | null, string | null, boolean]> = [
    ["accept", "text/html", "text/html", true],
    ["accept", "text/html", "text/plain", false],
    ["accept", "text/html, text/plain;q=0.5", "text/html,text/plain; q=0.5", true],
    ["accept", null, null, true],
    ["accept", null, "", false],
    ["accept", null, "*/*", false],
    ["accept", 'a/b;x="1, 2"', 'a/b;x="1,2"', false],
    ["accept-language", "de-CH, de;q=0.9", "de-ch,de; q=0.9", true],
    ["accept-language", "de, fr", "fr, de", false],
    ["accept-language", "de", "de-ch", false],
  ];
  it.each(table)("for %s: %s stored, %s asked: %s", (name, stored, asked, expected) => {
    expect(matches(name, stored, asked)).toBe(expected);
  });

  it("without selecting fields fits every request", () => {
    expect(isVariantFor([], new Headers({ accept: "x/y" }))).toBe(true);
  });
});
