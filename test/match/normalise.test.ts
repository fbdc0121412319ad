import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../src/errors/refusal.ts";
import { normalisePath } from "../../src/match/normalise.ts";

describe("normalisePath returns", () => {
  it.each([
    "/",
    "/a",
    "/a/",
    "/v1/products/42",
    "/a.b/...",
    "/.well-known/x",
    "/a..b/..c/d..",
    "/~user/!$&'()*+,=:@-._",
    "/a%20b",
    "/100%25",
    "/caf%C3%A9",
    "/%E2%82%AC/%F0%9F%98%80",
    "/twice%2520encoded",
    "/a%3Ab",
  ])("%s as it is", (path) => {
    expect(normalisePath(path)).toBe(path);
  });

  it.each([
    ["/%61%2D%2e%5f%7Ea", "/a-._~a"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["/a%3ab", "/a%3Ab"],
    ['/"<>[]^`{|}', "/%22%3C%3E%5B%5D%5E%60%7B%7C%7D"],
    ["/a|b%7cc", "/a%7Cb%7Cc"],
  ])("%s as %s", (raw, path) => {
    expect(normalisePath(raw)).toBe(path);
  });
});

describe("normalisePath refuses", () => {
  it.each([
    ["nothing", ""],
    ["no leading slash", "a/b"],
    ["a dot segment", "/a/./b"],
    ["a last dot segment", "/a/."],
    ["a double dot segment", "/a/../b"],
    ["a last double dot segment", "/.."],
    ["an encoded dot segment", "/a/%2e%2E/b"],
    ["a half encoded dot segment", "/a/.%2e/b"],
    ["a doubly encoded dot", "/a/%252e%252e/b"],
    ["a doubly encoded dot in pieces", "/a/%25%32%65/b"],
    ["a dot encoded three times", "/a/%25252e/b"],
    ["a dot behind lenient decoders", "/a/%25%2532e/b"],
    ["an encoded slash", "/a%2fb"],
    ["a doubly encoded slash", "/a%252Fb"],
    ["a backslash", "/a\\b"],
    ["an encoded backslash", "/a%5cb"],
    ["a doubly encoded backslash", "/a%255Cb"],
    ["an empty segment", "/a//b"],
    ["an empty first segment", "//a"],
    ["two trailing slashes", "/a//"],
    ["path parameters", "/a;v=1/b"],
    ["a parameter after dots", "/a/..;/b"],
    ["an encoded semicolon", "/a%3Bb"],
    ["NUL", "/a\0"],
    ["an encoded NUL", "/a%00"],
    ["a doubly encoded NUL", "/a%2500"],
    ["a newline", "/a\nb"],
    ["an encoded newline", "/a%0d%0Ab"],
    ["an encoded DEL", "/a%7F"],
    ["a blank", "/a b"],
    ["a fragment", "/a#b"],
    ["a question mark", "/a?b"],
    ["a letter beyond ASCII", "/é"],
    ["an escape that is none", "/%zz"],
    ["an escape that is cut short", "/a%2"],
    ["a lone percent sign", "/100%"],
    ["an IIS escape", "/%u002e"],
    ["an overlong dot", "/%c0%ae%c0%ae/"],
    ["an overlong slash of three bytes", "/%e0%80%af"],
    ["a doubly encoded overlong dot", "/%25c0%25ae"],
    ["a doubly encoded overlong slash of three bytes", "/%25E0%2580%25AF"],
    ["a doubly encoded overlong slash of four bytes", "/%25f0%2580%2580%25af"],
    ["a doubly encoded byte that no UTF-8 has", "/%25ff"],
    ["a doubly encoded letter", "/%2541"],
    ["a dot whose last digit is doubly encoded", "/a/%252%2565/b"],
    ["a doubly encoded DEL", "/a%257f"],
    ["a UTF-8 sequence cut short", "/%E2%82"],
    ["a surrogate", "/%ED%A0%80"],
    ["a code point too large", "/%F5%80%80%80"],
    ["Latin-1", "/caf%E9"],
  ])("%s", (_, raw) => {
    expect(normalisePath(raw)).toMatchObject({ code: "malformed-path" });
  });
});

/** Paths made of what attackers make them of. */
const hostile = fc
  .array(
    fc.constantFrom(
      ...[
        "/",
        ".",
        "..",
        "%",
        "%25",
        "%2",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "\\",
        ";",
        "%3b",
        "%32",
        "%65",
        "%35",
        "%43",
      ],
      ...[
        "2",
        "5",
        "e",
        "E",
        "c",
        "u",
        "a",
        "%20",
        "%00",
        "%c0",
        "%ae",
        "%c3%a9",
        "%e0",
        "%80",
        "%af",
        "é",
        "//",
        "?",
      ],
    ),
    { maxLength: 12 },
  )
  .map((parts) => `/${parts.join("")}`);
const anyPath = fc.oneof(
  hostile,
  fc.webPath(),
  fc.string({ unit: "grapheme" }).map((text) => `/${text}`),
);

/** Decodes as the most careless of servers would: byte by byte, leaving alone what is no escape. */
function decodeCarelessly(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}

describe("whatever comes in, normalisePath", () => {
  it("gives a path or a refusal, and of its own path the same path", () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        const path = normalisePath(raw);
        if (path instanceof Refusal) expect(path.code).toBe("malformed-path");
        else expect(normalisePath(path)).toBe(path);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives a path that no number of decodings turns into another one", () => {
    fc.assert(
      fc.property(anyPath, (raw) => {
        const path = normalisePath(raw);
        fc.pre(typeof path === "string");
        let decoded = path;
        for (let before = ""; decoded !== before; ) {
          before = decoded;
          decoded = decodeCarelessly(decoded);
          expect(decoded.split("/").length).toBe(path.split("/").length);
          expect(decoded).not.toMatch(/\/\.{1,2}(?:\/|$)|\/\/|[\\;]/);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not appear
          expect(decoded).not.toMatch(/[\x00-\x1f\x7f]|[\xc0\xc1\xf5-\xff]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("gives one path for every spelling of unreserved characters", () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_~-]+$/);
    const path = fc.array(segment, { minLength: 1 }).map((segments) => `/${segments.join("/")}`);
    fc.assert(
      fc.property(path, fc.infiniteStream(fc.constantFrom("raw", "lower", "upper")), (plain, spellings) => {
        const spelt = plain.replace(/[^/]/g, (character) => {
          const spelling = spellings.next().value;
          const escaped = `%${character.charCodeAt(0).toString(16)}`;
          return spelling === "raw" ? character : spelling === "upper" ? escaped.toUpperCase() : escaped;
        });
        expect(normalisePath(spelt)).toBe(plain);
      }),
    );
  });
});
