import { describe, expect, it } from "vitest";
import { withoutParameters } from "../../src/http/without-parameters.ts";

describe("a query", () => {
  it.each([
    ["", ""],
    ["?access_token=a", ""],
    ["?a=1&access_token=x&b=%20", "?a=1&b=%20"],
    ["?access_token=a&access_token=b&c", "?c"],
    ["?Access_Token=a&access%5Ftoken=b&access_token", ""],
    ["?access_tokens=a&a=access_token", "?access_tokens=a&a=access_token"],
    ["?", "?"],
  ])("%j without its access_token is %j", (search, left) => {
    expect(withoutParameters(search, new Set(["access_token"]))).toBe(left);
  });
});
