import { describe, expect, it } from "vitest";
import { splitTarget, URL_LIMIT, validateSearch } from "../../src/match/target.ts";

describe("splitTarget", () => {
  it.each([
    ["https://api.example.com/", "https", "api.example.com", "/", ""],
    ["http://Example.COM:8787/A/b?x=/y?z", "http", "example.com:8787", "/A/b", "?x=/y?z"],
    ["http://example.com./a", "http", "example.com", "/a", ""],
    ["http://example.com.:80/a", "http", "example.com:80", "/a", ""],
    ["http://[2001:DB8::1]:80/", "http", "[2001:db8::1]:80", "/", ""],
    ["http://my_service/", "http", "my_service", "/", ""],
    ["http://h/a/../b\\c%2e?", "http", "h", "/a/../b\\c%2e", "?"],
    ["http://h//other.example/x", "http", "h", "//other.example/x", ""],
  ])("takes %s apart and rewrites nothing", (url, scheme, host, rawPath, search) => {
    expect(splitTarget(url)).toEqual({ scheme, host, rawPath, search });
  });

  it.each([
    ["no path", "http://host"],
    ["an asterisk", "http://host*"],
    ["a query in place of the path", "http://host?a=/b"],
  ])("refuses %s", (_, url) => {
    expect(splitTarget(url)).toMatchObject({ code: expect.stringMatching(/^malformed-(path|header)$/) });
  });

  it.each([
    "u@host",
    "a b",
    "host\\x",
    "",
    "host:",
    "host:x",
    ".",
    "a..b",
    "-%41",
    "[::1",
    "h#x",
    "bücher.example",
  ])("refuses the host %j", (host) => {
    expect(splitTarget(`http://${host}/`)).toMatchObject({ code: "malformed-header" });
  });

  it("refuses what is too long", () => {
    const base = "http://host/";
    const longest = base + "a".repeat(URL_LIMIT - base.length);
    expect(splitTarget(longest)).toMatchObject({ host: "host" });
    expect(splitTarget(`${longest}a`)).toMatchObject({ code: "uri-too-long" });
  });
});

describe("validateSearch", () => {
  it.each([
    "",
    "?",
    "?a=1&b=2",
    "?q=%C3%A9+x%20y",
    "?a[]=1&b={x}|^`\\",
    "?a=%E9",
    "?x=/y?z:@",
    "?q=100%25",
    "?l=a%0Ab",
  ])("takes %j", (search) => {
    expect(validateSearch(search)).toBeUndefined();
  });

  it.each(["?a=%", "?a=%2", "?a=%zz", "?a=%00", "?a=b c", "?a\n", "?a\0", "?a\x7f", "?é", "?a#b"])(
    "refuses %j",
    (search) => {
      expect(validateSearch(search)).toMatchObject({ code: "malformed-query" });
    },
  );
});
