import { describe, expect, it } from "vitest";
import { ask, type HttpRequest, RawConnection, statusOf } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("long-lived.ts", (origin) => ({
  ORIGIN: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  PARTNER_SECRET: "a secret that is at least as long as its hash",
}));

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
/** What the origin was sent of the fields that ask for a part. */
const asked = async (path: string) => {
  const { headers } = (await served.origin.requests(path)).at(-1)!;
  return headers
    .filter(([name]) => /^(range|if-range)$/i.test(name))
    .map(([name, value]) => [name.toLowerCase(), value]);
};
const RANGE = { range: "bytes=2-4", "if-range": '"v1"' };

describe("a part of a body", () => {
  it.each([
    ["that is there", 206, "bytes 2-4/10", "cde"],
    ["that is not", 416, "bytes */10", ""],
  ])("%s is for the origin to answer", async (name, status, range, body) => {
    const path = `/part-${name.length}`;
    const headers = [
      ["content-range", range],
      ["content-type", "text/plain"],
    ] as const;
    await served.origin.answer(path, { status, headers, body });
    for (const route of ["/plain", "/watched"]) {
      const answer = await get(route + path, { headers: RANGE });
      expect([answer.status, answer.header("content-range"), answer.text]).toEqual([status, range, body]);
      expect(await asked(path)).toEqual([
        ["range", "bytes=2-4"],
        ["if-range", '"v1"'],
      ]);
    }
  });

  it("of several ranges passes as it is", async () => {
    const type = "multipart/byteranges; boundary=b";
    const body = "--b\r\nContent-Range: bytes 0-0/10\r\n\r\na\r\n--b--\r\n";
    await served.origin.answer("/parts", { status: 206, headers: [["content-type", type]], body });
    const answer = await get("/plain/parts", { headers: { range: "bytes=0-0,9-9" } });
    expect([answer.status, answer.header("content-type"), answer.text]).toEqual([206, type, body]);
  });

  it("is not had from a cached route: it answers with the whole, which it may (RFC 9110 §14.2)", async () => {
    await served.origin.answer("/stored", { body: "abcdefghij" });
    for (const cache of [/fwd=miss/, /hit/]) {
      const answer = await get("/cached/stored", { headers: RANGE });
      expect([answer.status, answer.text]).toEqual([200, "abcdefghij"]);
      expect(answer.header("cache-status")).toMatch(cache);
    }
    expect(await asked("/stored")).toEqual([]);
  });

  it("that an origin sends without being asked is not kept for others", async () => {
    const headers = [["content-range", "bytes 2-4/10"]] as const;
    await served.origin.answer("/unasked", { status: 206, headers, body: "cde" });
    expect((await get("/cached/unasked")).status).toBe(206);
    await served.origin.answer("/unasked", { body: "abcdefghij" });
    expect((await get("/cached/unasked")).text).toBe("abcdefghij");
  });
});

describe("an interim answer", () => {
  it("100 is the gateway's own, as soon as it wants the body", async () => {
    const connection = new RawConnection(served.gateway.port);
    const head =
      "POST /counted HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
    connection.write(head);
    await connection.until((received) => received.startsWith("HTTP/1.1 100 "));
    connection.write("hello");
    expect(await connection.ended()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });

  it("100 is not given to a request that is refused by its head", async () => {
    const connection = new RawConnection(served.gateway.port);
    const length = 200_000_001;
    connection.write(
      `POST /counted HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`,
    );
    expect(statusOf(await connection.until((received) => received.includes("\r\n\r\n")))).toBe(413);
    connection.destroy();
  });

  it("of the origin goes no further: the platform has none to give", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    const final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    await served.origin.raw("/hints", { send: hints + final, end: "close" });
    const connection = new RawConnection(served.gateway.port);
    connection.write("GET /raw/hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const received = await connection.ended();
    expect([statusOf(received), received.includes("preload")]).toEqual([200, false]);
  });
});
