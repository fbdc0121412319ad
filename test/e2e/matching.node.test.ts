import { describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import { ask, exchange, type HttpRequest, open } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("matching.ts", (origin) => ({ ORIGIN: origin.url }));
const JSON_TYPE = { "content-type": "application/json" };

const send = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const post = (path: string, body: string, headers: HttpRequest["headers"] = JSON_TYPE) =>
  send(path, { method: "POST", headers: { ...headers, "content-length": String(body.length) }, body });

/** What the origin got. */
async function got(answer: Awaited<ReturnType<typeof send>>) {
  expect(answer.status).toBe(200);
  const { url, body, headers } = answer.json<Echo>();
  return {
    url,
    body,
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
  };
}

/** The same without a length. */
async function chunked(path: string, parts: readonly string[], headers = JSON_TYPE) {
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: api.example",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "Transfer-Encoding: chunked",
    "Connection: close",
  ];
  const chunks = [...parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`), "0\r\n\r\n"];
  return exchange(served.gateway.port, `${lines.join("\r\n")}\r\n\r\n${chunks.join("")}`);
}

describe("a predicate on the body", () => {
  it.each([
    ["/gift", '{"order":{"type":"gift"},"note":""}'],
    ["/gift", ' {"note": null, "order": {"type": "g\\u0069ft"}} '],
    ["/plain", '{"order":{"type":"gift"}}'],
    ["/plain", '{"order":{"type":"bulk"}}'],
    ["/plain", '{"order":{"type":["gift"]},"note":1}'],
    ["/plain", "null"],
    ["/plain", '{"order":'],
    ["/plain", ""],
  ])("leads to %s for %s, and the origin gets it as it came", async (path, body) => {
    const { url, headers, ...seen } = await got(await post("/orders", body));
    expect([url, seen.body]).toEqual([path, body]);
    expect(headers["content-length"]).toBe(String(body.length));
    expect(headers["content-type"]).toBe("application/json");
  });

  it("holds beside the others, in the order of the list", async () => {
    const bulk = '{"order":{"type":"bulk"}}';
    expect((await got(await post("/orders", bulk, { ...JSON_TYPE, "x-bulk": "1" }))).url).toBe("/bulk");
    expect((await got(await post("/orders?express", bulk))).url).toBe("/express?express");
    const gift = '{"order":{"type":"gift"},"note":1}';
    expect((await got(await post("/orders?express", gift))).url).toBe("/gift?express");
  });

  it.each(["application/vnd.shop+json; charset=utf-8", "text/json"])("holds for %s too", async (type) => {
    const answer = await post("/orders", '{"order":{"type":"gift"},"note":1}', { "content-type": type });
    expect((await got(answer)).url).toBe("/gift");
  });

  it.each(["text/plain", undefined])("does not hold for the media type %j", async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const answer = await post("/orders", '{"order":{"type":"gift"},"note":1}', headers);
    expect((await got(answer)).url).toBe("/plain");
  });

  it("is 404 where nothing else is left, and does not make a 405", async () => {
    expect((await post("/only", '{"a":[null]}')).status).toBe(200);
    expect((await post("/only", '{"a":[]}')).status).toBe(404);
    expect((await post("/only", "", {})).status).toBe(404);
  });

  it("never holds for a method whose body nobody reads", async () => {
    const body = '{"a":1}';
    const headers = { ...JSON_TYPE, "content-length": "7" };
    expect((await got(await send("/any", { method: "GET", headers, body }))).url).toBe("/any-other");
    expect((await got(await send("/any", { method: "PUT", headers, body }))).url).toBe("/a-is-1");
  });

  it("reads a body without a length, whatever pieces it comes in", async () => {
    const parts = ['{"order":{"ty', 'pe":"gift"},"no', 'te":1}'];
    const answer = await chunked("/orders", parts);
    expect(answer).toContain('"url":"/gift"');
    expect(answer).toContain(`"body":${JSON.stringify(parts.join(""))}`);
  });

  it("gives the handler the body that it has read", async () => {
    expect((await post("/handled", '{"a":1}')).json()).toEqual({ one: { a: 1 } });
    expect((await post("/handled", '{"a":2}')).json()).toEqual({ other: '{"a":2}' });
  });

  it("is asked of what a function dispatches", async () => {
    expect((await got(await post("/dispatched", ""))).url).toBe("/gift");
  });
});

describe("a body that a predicate has to read", () => {
  const large = (size: number, more = "") => `{"a":${more || 1},"b":"${"x".repeat(size)}"}`;

  it("is refused above 1 MB where its routes declare nothing", async () => {
    expect((await got(await post("/orders", large(999_900)))).url).toBe("/plain");
    const before = await served.origin.count();
    const refused = await post("/orders", large(1_000_000));
    expect([refused.status, refused.json().code]).toEqual([413, "body-too-large"]);
    const pieces = Array.from({ length: 11 }, () => large(100_000));
    expect(await chunked("/orders", pieces)).toContain('"code":"body-too-large"');
    expect(await served.origin.count()).toBe(before);
  });

  it("is refused by its length before it is sent", async () => {
    const { request, response } = open(served.gateway.port, "/orders", {
      method: "POST",
      headers: { ...JSON_TYPE, "content-length": "1000001" },
    });
    request.flushHeaders();
    const answer = await response;
    expect(answer.statusCode).toBe(413);
    request.destroy();
  });

  it("is read up to the largest limit of the routes that ask, and the one that is met has its own", async () => {
    expect((await got(await post("/limited", large(1_500)))).url).toBe("/two");
    expect((await post("/limited", large(2_000))).status).toBe(413);
    expect((await got(await post("/limited", large(800, "2")))).url).toBe("/one");
    expect((await post("/limited", large(1_500, "2"))).status).toBe(413);
    expect((await got(await post("/limited", large(100, "3")))).url).toBe("/half");
    expect((await post("/limited", large(800, "3"))).status).toBe(413);
    // Without a length it is counted where it is sent on.
    expect(await chunked("/limited", [large(800, "3")])).toContain('"code":"body-too-large"');
    expect(await chunked("/limited", [large(100, "3")])).toContain('"url":"/half"');
  });

  it("is not read where nothing asks: it streams as ever", async () => {
    const { request, response } = open(served.gateway.port, "/unread", {
      method: "POST",
      headers: JSON_TYPE,
    });
    request.write('{"a":');
    await served.origin.wait("chunk", ({ text }) => text === '{"a":');
    request.end("1}");
    expect((await response).statusCode).toBe(200);
    (await response).resume();
    const text = { "content-type": "text/plain" };
    expect((await got(await post("/orders", large(1_000_000), text))).url).toBe("/plain");
  });
});

describe("the built gateway", () => {
  it("reads paths as its manifest says", async () => {
    expect((await got(await send("/SHOP/Tea/?a=1"))).url).toBe("/Shop/Tea/?a=1");
    const moved = await send("/shop/Tea?a=1");
    expect([moved.status, moved.header("location")]).toEqual([308, "/Shop/Tea/?a=1"]);
    expect((await send("/shop//Tea")).status).toBe(400);
  });

  it("knows a host of another script by its ASCII name", async () => {
    const hosted = (host: string) => send("/hosted", { headers: { host } });
    expect((await hosted("xn--bcher-kva.example")).text).toBe("itself");
    expect((await hosted("A.XN--bcher-kva.example:8080")).text).toBe("below");
    expect((await hosted("bucher.example")).status).toBe(404);
  });

  it("answers a preflight by the first variant that the request may meet", async () => {
    const allowed = async (origin: string, fields?: string) => {
      const asked = {
        "access-control-request-method": "PUT",
        "access-control-request-headers": fields ?? [],
      };
      const answer = await send("/preflighted", { method: "OPTIONS", headers: { origin, ...asked } });
      return answer.header("access-control-allow-origin") === origin;
    };
    expect(await allowed("https://beta.example", "content-type, X-Beta")).toBe(true);
    expect(await allowed("https://beta.example")).toBe(false);
    expect(await allowed("https://shop.example")).toBe(true);
    expect(await allowed("https://shop.example", "x-beta")).toBe(false);
    expect(await allowed("https://shop.example", "x-beta-2")).toBe(true);
  });
});
