import { expect, it } from "vitest";
import { encodeTag } from "../../src/cache/tags.ts";

const table: Array<[string, string]> = [
  ["product:42", "product:42"],
  ["a,b", "a%2Cb"],
  ["a b\r\nx", "a%20b%0D%0Ax"],
  ["50%", "50%25"],
  ["Zo\u00eb \u{1f600}", "Zo%C3%AB%20%F0%9F%98%80"],
  ["\ud800", "%EF%BF%BD"],
];

it.each(table)("%j is sent as %s", (tag, expected) => {
  expect(encodeTag(tag)).toBe(expected);
});
