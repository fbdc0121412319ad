import { describe, expect, it } from "vitest";
import { withoutCookies } from "../../src/http/without-cookies.ts";

describe("a Cookie field", () => {
  it.each([
    ["session=a", null],
    ["a=1; session=x; b=2", "a=1; b=2"],
    ["session=a; session=b;session=c", null],
    [" session =a; b=2", "b=2"],
    ["Session=a; sessions=b", "Session=a; sessions=b"],
    ["session", null],
    ["b=session; c", "b=session; c"],
    ["", ""],
    ["a=1;b=2", "a=1;b=2"],
  ])("%j without its session is %j", (field, left) => {
    expect(withoutCookies(field, new Set(["session"]))).toBe(left);
  });
});
