import { describe, expect, it } from "vitest";
import type { Echo } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("road.ts", (origin) => ({ ORIGIN: origin.url }));

const get = (path: string, init?: HttpRequest): Promise<HttpResponse> => ask(served.gateway.port, path, init);

/** The request as the origin got it, sent through the gateway with these fields. */
async function echoed(init: HttpRequest = {}, path = "/echo/x") {
  const answer = await get(path, init);
  expect(answer.status).toBe(200);
  const { headers, ...rest } = answer.json<Echo>();
  return {
    ...rest,
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
  };
}
describe("the route", () => {
  it.each([
    ["/items", "list"],
    ["/items/new", "static"],
    ["/items/n%65w", "static"],
    ["/items/42", "patterned"],
    ["/items/4x2", "param"],
    ["/items/4/parts", "parts"],
    ["/items/4/other", "rest"],
    ["/items/", "rest"],
  ])("of %s is the most specific: %s", async (path, route) => {
    expect((await get(path)).json()).toEqual({ route });
  });

  it.each([
    ["one.example", "one"],
    ["ONE.example:8080", "one"],
    ["one.example.", "one"],
    ["a.two.example", "below two"],
    ["a.b.two.example", "below two"],
    ["two.example", "any"],
    ["xone.example", "any"],
  ])("of the host %s is for %s", async (host, met) => {
    expect((await get("/hosted", { headers: { host } })).json()).toEqual({ host: met });
  });

  it("of an unknown path, or of one in another case, is none", async () => {
    for (const path of ["/nowhere", "/Items", "/items/4/parts/", "/echo"]) {
      const answer = await get(path);
      expect([path, answer.status, answer.json().code]).toEqual(
        path === "/items/4/parts/" ? [path, 200, undefined] : [path, 404, "route-not-found"],
      );
    }
  });
});

describe("the method", () => {
  it("HEAD falls back to GET and has no body", async () => {
    const answer = await get("/items", { method: "HEAD" });
    expect([answer.status, answer.text, answer.header("content-type")]).toEqual([
      200,
      "",
      "application/json",
    ]);
    expect((await get("/own-head", { method: "HEAD" })).header("x-head")).toBe("its own");
    expect((await get("/nowhere", { method: "HEAD" })).status).toBe(404);
    await get("/echo/headed", { method: "HEAD" });
    expect((await served.origin.requests("/echo/headed")).map(({ method }) => method)).toEqual(["HEAD"]);
  });

  it("that no route has is 405 and told what there is", async () => {
    const answer = await get("/items", { method: "DELETE" });
    expect([answer.status, answer.header("allow")]).toEqual([405, "GET, HEAD, OPTIONS, POST"]);
    expect(answer.json()).toMatchObject({ code: "method-not-allowed", status: 405 });
  });

  it("OPTIONS is answered from what is declared", async () => {
    const answer = await get("/items", { method: "OPTIONS" });
    expect([answer.status, answer.header("allow"), answer.text]).toEqual([
      204,
      "GET, HEAD, OPTIONS, POST",
      "",
    ]);
    expect((await get("/nowhere", { method: "OPTIONS" })).status).toBe(404);
    expect((await echoed({ method: "OPTIONS" })).method).toBe("OPTIONS");
  });

  it("GET with an empty body is served", async () => {
    expect((await echoed({ headers: { "content-length": "0" } })).headers).not.toHaveProperty(
      "content-length",
    );
  });
});

describe("CORS", () => {
  const preflight = (path: string, from: string, method: string) =>
    get(path, {
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": method,
        "access-control-request-headers": "x-edit",
      },
    });
  const allowed = (answer: HttpResponse) =>
    answer.headerNames.filter((name) => name.startsWith("access-control-"));

  it("lets the declared web origins read, with credentials where declared", async () => {
    for (const from of ["https://shop.example", "https://eu.shop.example"]) {
      const answer = await get("/items", { headers: { origin: from } });
      expect(answer.header("access-control-allow-origin")).toBe(from);
      expect(answer.header("access-control-allow-credentials")).toBe("true");
      expect(answer.header("access-control-expose-headers")).toBe("x-request-id");
      expect(answer.header("vary")).toMatch(/origin/i);
    }
  });

  it.each([
    "https://evil.example",
    "http://shop.example",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://evil.example#.shop.example",
    "https://a.shop.example:444",
    "null",
    "*",
  ])("never reflects %s", async (from) => {
    expect(allowed(await get("/items", { headers: { origin: from } }))).toEqual([]);
    expect(allowed(await preflight("/items", from, "POST"))).toEqual([]);
  });

  it("answers a preflight by the rules of the route that is asked about", async () => {
    const mine = await preflight("/cors", "https://admin.example", "PUT");
    expect([mine.status, mine.header("access-control-allow-origin")]).toEqual([204, "https://admin.example"]);
    expect(mine.header("access-control-allow-methods")).toBe("GET, HEAD, OPTIONS, PUT");
    expect(mine.header("access-control-allow-headers")).toBe("x-edit");
    expect(mine.headerNames).not.toContain("access-control-allow-credentials");
    const anyones = await preflight("/cors", "https://evil.example", "GET");
    expect(anyones.header("access-control-allow-origin")).toBe("*");
    expect(anyones.headerNames).not.toContain("access-control-allow-credentials");
    expect(allowed(await preflight("/cors", "https://shop.example", "PUT"))).toEqual([]);
  });

  it("answers a preflight for a route of any method without asking its origin", async () => {
    const before = await served.origin.count();
    const answer = await preflight("/echo/x", "https://shop.example", "PATCH");
    expect([answer.status, answer.header("access-control-allow-origin")]).toEqual([
      204,
      "https://shop.example",
    ]);
    expect(answer.header("access-control-allow-methods")).toContain("PATCH");
    expect(await served.origin.count()).toBe(before);
  });

  it("puts the manifest in the place of an origin's own rules", async () => {
    expect(allowed(await get("/own-cors"))).toEqual([]);
    expect(allowed(await get("/own-cors", { headers: { origin: "https://evil.example" } }))).toEqual([]);
  });
});
