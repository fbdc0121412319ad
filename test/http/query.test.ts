import { describe, expect, it } from "vitest";
import { joinQueries } from "../../src/http/query.ts";

describe("a route's query and the client's", () => {
  it.each([
    ["?a=1", "?b=2", "?a=1&b=2"],
    ["?a=1", "", "?a=1"],
    ["", "?b=2", "?b=2"],
    ["", "", ""],
    ["?a=1", "?", "?a=1"],
    ["?a=1&b=2", "?c=3&d", "?a=1&b=2&c=3&d"],
  ])("%j and %j are joined in this order", (own, asked, joined) => {
    expect(joinQueries(own, asked)).toBe(joined);
  });

  it.each(["?by=eve", "?by", "?by=", "?%62y=eve", "?b%79=eve&by=mallory", "?x=1&by=eve"])(
    "%j cannot give a second value to what the route sets",
    (asked) => {
      const joined = joinQueries("?by=ada", asked);
      expect(new URLSearchParams(joined).getAll("by")).toEqual(["ada"]);
    },
  );

  it("a plus is a space in a name too", () => {
    expect(joinQueries("?a%20b=1", "?a+b=2&c=3")).toBe("?a%20b=1&c=3");
  });
});
