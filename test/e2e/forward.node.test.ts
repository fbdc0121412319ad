import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { deadUrl, type Echo } from "../support/origin.ts";
import { ask, type HttpRequest, rawGet, statusOf } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("forward.ts", async (origin) => ({
  ORIGIN: origin.url,
  ORIGIN_WITH_BASE: `${origin.url}/base/`,
  RAW_ORIGIN: origin.rawUrl,
  DEAD_ORIGIN: await deadUrl(),
}));

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const seenUrl = async (path: string, init?: HttpRequest) => (await get(path, init)).json<Echo>().url;

describe("an origin", () => {
  it("behind a URL gets what is left of the path", async () => {
    expect(await seenUrl("/http/a/b%20c?x=1")).toBe("/a/b%20c?x=1");
    expect(await seenUrl("/http/")).toBe("/");
  });

  it("behind a URL with a path has it put before", async () => {
    expect(await seenUrl("/based/a?x=1")).toBe("/base/a?x=1");
    expect(await seenUrl("/based/")).toBe("/base/");
  });

  it("inside the Worker is asked like any other, and its hop-by-hop fields go no further", async () => {
    const answer = await get("/app/x%20y?z=1", { method: "POST", body: "hello" });
    expect(answer.json()).toMatchObject({
      pathname: "/app/x%20y",
      search: "?z=1",
      development: false,
      body: "hello",
      requestId: answer.header("x-request-id"),
    });
    expect([answer.header("x-app"), answer.header("x-nominated")]).toEqual(["yes", undefined]);
  });

  it("gets every method as it is", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
      expect((await get("/http/x", { method })).json<Echo>().method).toBe(method);
    }
  });

  it("has its own errors and empty answers passed on", async () => {
    for (const status of [204, 205, 304, 404, 418, 500, 503, 599]) {
      await served.origin.answer("/status", { status, headers: [["x-own", "yes"]] });
      const answer = await get("/http/status");
      expect([answer.status, answer.header("x-own"), answer.text]).toEqual([status, "yes", ""]);
      const line = await served.gateway.line(answer.header("x-request-id"));
      expect(line).toMatchObject({ status, upstreams: [{ upstream: "origin", status }] });
      expect(line).not.toHaveProperty("code");
    }
  });

  it("and client exchange coded bodies byte by byte", async () => {
    const coded = gzipSync("some text, ".repeat(50));
    const sent = { method: "POST", body: coded, headers: { "content-encoding": "gzip" } };
    expect((await get("/http/x", sent)).json<Echo>().body).toBe(coded.toString("latin1"));
    await served.origin.raw("/coded", {
      send: `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n${coded.toString("latin1")}`,
      end: "close",
    });
    const answer = await get("/raw/coded", { headers: { "accept-encoding": "gzip" } });
    expect(answer.header("content-encoding")).toBe("gzip");
    expect(answer.body.equals(coded)).toBe(true);
  });
});

describe("a template", () => {
  const path = (id: string, q: string) => `/template/${id}/more?q=${q}`;
  const headers = { "x-part": "part" };

  it("has every value encoded for its place", async () => {
    const url = await seenUrl(path("a%20b", "c%26d%3De%2Ff%3F%23"), { headers });
    expect(url).toBe(
      "/t/a%20b/more/c%26d%3De%2Ff%3F%23/part?own=c%26d%3De%2Ff%3F%23&h=part&q=c%26d%3De%2Ff%3F%23",
    );
  });

  it.each([
    ["a parent segment", ".."],
    ["a dot segment", "."],
    ["a path with one", "a%2F..%2Fb"],
    ["one behind a backslash", "a%5C.."],
    ["one before a semicolon", "..%3Bx"],
    ["encoded dots", "%252e%252e"],
    ["an encoded slash", "a%252fb"],
    ["a line break", "a%0D%0Ab"],
    ["nothing", ""],
  ])("refuses %s in a path, and no origin hears of it", async (_, q) => {
    const before = await served.origin.count();
    const answer = await get(path("a", q), { headers });
    expect([answer.status, answer.json().code]).toEqual([400, "unusable-value"]);
    expect(await served.origin.count()).toBe(before);
  });

  it("refuses what is missing in a path", async () => {
    expect((await get("/template/a/more?q=x")).json()).toMatchObject({
      code: "unusable-value",
      detail: "The value of {headers.x-part} cannot be used in a path.",
    });
  });

  it("sets header fields, in which nothing can begin a new line", async () => {
    const answer = await get("/with-headers?q=a%20b", {
      headers: { "x-unwanted": "1", "x-request-id": "template-1" },
    });
    const seen = Object.fromEntries(answer.json<Echo>().headers);
    expect(seen).toMatchObject({ "x-set": "id template-1", "x-part": "a b" });
    expect(seen).not.toHaveProperty("x-unwanted");
    expect(answer.header("x-answer")).toBe("GET");
    for (const q of ["a%0D%0Ax-evil:%201", "a%0Ab", "%E2%82%AC"]) {
      expect([q, statusOf(await rawGet(served.gateway.port, `/with-headers?q=${q}`))]).toEqual([q, 400]);
    }
  });

  it("takes what a wildcard matched as the segments that they are", async () => {
    expect(await seenUrl("/rest/a/b%20c/d?x=1")).toBe("/moved/a/b%20c/d?x=1");
    expect(await seenUrl("/rest/")).toBe("/moved/");
  });
});
