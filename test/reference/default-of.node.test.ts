import { describe, expect, it } from "vitest";
import { defaultOf } from "../../scripts/reference/default-of.ts";

describe("defaultOf", () => {
  it("takes the sentence about the default out of a description", () => {
    expect(defaultOf('How long. Default `"10s"`. Never more than a day.', "10s")).toEqual({
      text: "How long. Never more than a day.",
      fallback: '`"10s"`',
    });
    expect(defaultOf("Whose. Default: what is left of the deadline.", undefined)).toEqual({
      text: "Whose.",
      fallback: "what is left of the deadline",
    });
  });

  it("writes a value as code", () => {
    expect(defaultOf("Whether. Default false.", false).fallback).toBe("`false`");
    expect(defaultOf("Which. Default `enforce`.", "enforce").fallback).toBe('`"enforce"`');
    expect(defaultOf("Which. Default 308: permanent.", 308).fallback).toBe("308: permanent");
  });

  it("takes the schema's default where the description has none", () => {
    expect(defaultOf("Which one.", "strict")).toEqual({ text: "Which one.", fallback: '`"strict"`' });
    expect(defaultOf("Which ones.", {}).fallback).toBeUndefined();
    expect(defaultOf("Which one.", undefined).fallback).toBeUndefined();
  });

  it("knows when the two disagree", () => {
    expect(() => defaultOf("Whether. Default false.", true)).toThrow("is not what the schema says: true");
    expect(() => defaultOf("Which. Default `a`, `b`.", ["a", "c"])).toThrow("is not what the schema says");
  });
});
