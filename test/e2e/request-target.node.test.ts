import { describe, expect, it } from "vitest";
import { exchange, rawGet, statusOf } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("road.ts", (origin) => ({ ORIGIN: origin.url }));

describe("the path", () => {
  it.each([
    ["an encoded slash", "/echo/a%2fb"],
    ["an encoded slash in upper case", "/echo/a%2Fb"],
    ["a backslash", "/echo/a\\b"],
    ["an encoded backslash", "/echo/a%5Cb"],
    ["an encoded NUL", "/echo/a%00b"],
    ["an encoded line break", "/echo/a%0d%0ab"],
    ["a parent segment", "/echo/../items"],
    ["a parent segment at the end", "/echo/x/.."],
    ["a dot segment", "/echo/./x"],
    ["encoded dots", "/echo/%2e%2e/items"],
    ["half encoded dots", "/echo/.%2E/items"],
    ["dots encoded twice", "/echo/%252e%252e/items"],
    ["a slash encoded twice", "/echo/a%252Fb"],
    ["a path parameter", "/echo/a;b=1"],
    ["an encoded semicolon", "/echo/a%3Bb"],
    ["dots behind a semicolon", "/echo/..;/items"],
    ["an overlong slash", "/echo/%c0%af"],
    ["a byte that is not UTF-8", "/echo/%ff"],
    ["half a character", "/echo/%e2%82"],
    ["a surrogate", "/echo/%ed%a0%80"],
    ["an empty segment", "/echo//x"],
    ["an empty first segment", "//echo/x"],
    ["an escape that is none", "/echo/%zz"],
    ["half an escape", "/echo/a%2"],
    ["the asterisk form", "*"],
  ])("with %s is refused, and no origin hears of it", async (_, target) => {
    const before = await served.origin.count();
    const answer = await rawGet(served.gateway.port, target);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('"code":"malformed-path"');
    expect(await served.origin.count()).toBe(before);
  });

  it.each(["/echo/a\x00b", "/echo/caf\xe9", "/echo/a b", "echo/x", "@127.0.0.1/echo/x", ":80/echo/x", ""])(
    "%j never gets past the runtime as one of ours",
    async (target) => {
      const before = await served.origin.count();
      expect(statusOf(await rawGet(served.gateway.port, target))).toBe(400);
      expect(await served.origin.count()).toBe(before);
    },
  );

  it.each([
    ["/echo/plain/-._~!$&'()*+,=:@", "/echo/plain/-._~!$&'()*+,=:@"],
    ["/echo/%41%7e%2d", "/echo/A~-"],
    ["/echo/%e2%82%ac", "/echo/%E2%82%AC"],
    ["/echo/a%20b%3f%23", "/echo/a%20b%3F%23"],
    ["/echo/100%25", "/echo/100%25"],
    ["/echo/x/", "/echo/x/"],
    ["/echo/x?b=2&a=%2f&c=a+b&d=é".replace("é", "%C3%A9"), "/echo/x?b=2&a=%2f&c=a+b&d=%C3%A9"],
    ["/echo/x?", "/echo/x?"],
    ["/echo/x?a=/../;?{}|[]", "/echo/x?a=/../;?{}|[]"],
    ["/echo/x#part", "/echo/x"],
  ])("%s is %s to the origin", async (target, seen) => {
    expect(await rawGet(served.gateway.port, target)).toContain(`"url":${JSON.stringify(seen)}`);
  });

  it.each(["/echo/x?a=%", "/echo/x?a=%g1", "/echo/x?a=%00", "/echo/x?%0"])(
    "%s is refused for its query",
    async (target) => {
      const before = await served.origin.count();
      const answer = await rawGet(served.gateway.port, target);
      expect(statusOf(answer)).toBe(400);
      expect(answer).toContain('"code":"malformed-query"');
      expect(await served.origin.count()).toBe(before);
    },
  );

  it("is refused when it is too long, and so are too large header fields", async () => {
    const long = await rawGet(served.gateway.port, `/items?${"a".repeat(17_000)}`);
    expect(statusOf(long)).toBe(414);
    expect(long).toContain('"code":"uri-too-long"');
    expect(statusOf(await rawGet(served.gateway.port, "/items", `x-large: ${"a".repeat(600_000)}`))).toBe(
      431,
    );
  });
});

describe("a message that could be read in two ways", () => {
  const send = (...lines: readonly string[]) => exchange(served.gateway.port, lines.join("\r\n"));

  it.each([
    ["two lengths", ["Content-Length: 4", "Content-Length: 5", "Connection: close", "", "abcde"]],
    ["an unknown coding", ["Transfer-Encoding: xchunked", "Connection: close", "", "abcde"]],
    ["a space before the colon", ["X-A : b", "Connection: close", "", ""]],
    ["a folded field", ["X-A: b", " c", "Connection: close", "", ""]],
    ["a second host", ["Host: other.example", "Connection: close", "", ""]],
  ])("with %s is refused", async (_, lines) => {
    const before = await served.origin.count();
    expect(statusOf(await send("POST /echo/x HTTP/1.1", "Host: api.example", ...lines))).toBe(400);
    expect(await served.origin.count()).toBe(before);
  });

  it("with a length beside chunks is read by its chunks, and the length goes no further", async () => {
    const lines = ["Host: a", "Content-Length: 4", "Transfer-Encoding: chunked", "Connection: close", ""];
    const answer = await send("POST /echo/x HTTP/1.1", ...lines, "2", "ab", "0", "", "");
    expect(answer).toContain('"body":"ab"');
    expect(answer).not.toContain('["Content-Length"');
  });

  it("on a kept connection never leaves its body to be read as the next request", async () => {
    const smuggled = "GET /items/new HTTP/1.1\r\nHost: a\r\n\r\n";
    const answer = await send(
      // A GET has no body for an origin, and POST has no route here: neither is read by anybody.
      "GET /echo/x HTTP/1.1",
      "Host: a",
      `Content-Length: ${smuggled.length}`,
      "",
      smuggled +
        ["POST /items/7 HTTP/1.1", "Host: a", `Content-Length: ${smuggled.length}`, "", smuggled].join(
          "\r\n",
        ) +
        ["GET /items HTTP/1.1", "Host: a", "Connection: close", "", ""].join("\r\n"),
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 405", "HTTP/1.1 200"]);
    expect(answer).toContain('{"route":"list"}');
    expect(answer).not.toContain("static");
  });

  it.each(["a b", "a<b>", "evil?x=", "evil#", "user@evil", "a..b", "[::1"])(
    "as the host %j is refused",
    async (host) => {
      const answer = await exchange(
        served.gateway.port,
        `GET /items HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect(statusOf(answer)).toBe(400);
    },
  );
});
