import { describe, expect, it } from "vitest";
import { isHopByHop, nominated } from "../../src/http/hop-by-hop.ts";

it.each([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate",
  "proxy-authorization",
])("%s is hop-by-hop", (name) => {
  expect(isHopByHop(name)).toBe(true);
});

it.each(["content-length", "date", "via", "cache-control", "proxy-status"])("%s is end-to-end", (name) => {
  expect(isHopByHop(name)).toBe(false);
});

describe("nominated", () => {
  it.each([
    [null, []],
    ["keep-alive", []],
    ["close", []],
    ["Keep-Alive, Upgrade", []],
    ["close, X-Secret", ["x-secret"]],
    [" X-A ,,authorization,\tx-forwarded-for", ["x-a", "authorization", "x-forwarded-for"]],
  ])("of %j names %j", (connection, names) => {
    expect(nominated(connection)).toEqual(names);
  });

  it("names nothing that a Headers object would throw at", () => {
    const headers = new Headers();
    for (const name of nominated('a b, "q", x:y, é, (z), ok')) headers.delete(name);
    expect(nominated('a b, "q", x:y, é, (z), ok')).toEqual(["ok"]);
  });
});
