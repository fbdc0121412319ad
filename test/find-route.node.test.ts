import { describe, expect, it } from "vitest";
import { compose, defineRoutes, jwt, upstream } from "../src/manifest/index.ts";
import { NOW, type Sent } from "./support/in-process.ts";
import { judgedGateway, rawRequest } from "./support/judged-gateway.ts";

const origin = upstream("origin", { origin: "https://origin.example" });
const to = (path: string) => ({ upstream: origin, path });
const echo = ({ url }: Sent) => new Response(new URL(url).pathname);
const JSON_TYPE = { "content-type": "application/json" };

describe("the variants of a cached route", () => {
  const issuer = { issuer: "https://login.example", audience: "https://api.example" };
  const staff = jwt({ issuers: { ...issuer, keys: { url: "https://login.example/keys" } } });
  const cache = { ttl: "1m", public: true, key: { query: [] } };
  const routes = defineRoutes(
    { access: "public" },
    {
      "GET /x": [
        { when: { header: { "x-staff": true } }, access: staff, cache, forward: to("/for-staff") },
        { when: { query: { q: "1" } }, cache, forward: to("/one") },
        { when: { query: { q: true } }, cache, forward: to("/other") },
        { cache, forward: to("/for-all") },
      ],
    },
  );

  it("never answer for one another", async () => {
    const { ask, sent } = judgedGateway({ routes: [routes] }, { origin: echo });
    const answered = async (search: string, headers: HeadersInit = {}) => {
      const response = await ask(`/x${search}`, { headers });
      return [response.headers.get("cache-status")?.includes("; hit"), await response.text()];
    };
    const token = { "x-staff": "1", authorization: "Bearer x" };
    for (const hit of [false, true]) {
      expect(await answered("", token)).toEqual([hit, "/for-staff"]);
      expect(await answered("")).toEqual([hit, "/for-all"]);
      expect(await answered("?q=1")).toEqual([hit, "/one"]);
      expect(await answered("?q=2")).toEqual([hit, "/other"]);
    }
    expect(sent).toHaveLength(4);
    expect((await ask("/x", { headers: { "x-staff": "1" } })).status).toBe(401);
  });
});

describe("a body that a predicate waits for", () => {
  const routes = defineRoutes(
    { access: "public" },
    { "POST /x": [{ when: { body: { "/a": 1 } }, forward: to("/a") }, { forward: to("/b") }] },
  );

  it("is not waited for past the deadline", async () => {
    let asked = 0;
    // Time passes once the request has arrived.
    const { answer } = judgedGateway({ routes: [routes] }, { now: () => NOW + (asked++ === 0 ? 0 : 60_000) });
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    const request = new Request("https://api.example/x", {
      method: "POST",
      headers: JSON_TYPE,
      body,
      duplex: "half",
    } as RequestInit);
    const response = await answer(request);
    expect([response.status, await response.json()]).toMatchObject([504, { code: "deadline-exceeded" }]);
  });

  it("is 400 where it breaks off", async () => {
    const { answer, sent } = judgedGateway({ routes: [routes] });
    const body = new ReadableStream({
      pull(sink) {
        sink.error(new Error("gone"));
      },
    });
    const request = new Request("https://api.example/x", {
      method: "POST",
      headers: JSON_TYPE,
      body,
      duplex: "half",
    } as RequestInit);
    expect((await answer(request)).status).toBe(400);
    expect(sent).toEqual([]);
  });
});

describe("a child of a request", () => {
  it("is not sent elsewhere for its slash, but meets the route as declared", async () => {
    const { answer, sent } = judgedGateway(
      {
        paths: { trailingSlash: "redirect" },
        routes: [
          defineRoutes(
            { access: "public" },
            {
              "GET /all": { compose: compose({ one: { route: "/One" }, two: { route: "/two/" } }) },
              "GET /One/": { forward: { upstream: origin } },
              "GET /two": { forward: { upstream: origin } },
            },
          ),
        ],
      },
      { origin: ({ url }) => Response.json(new URL(url).pathname) },
    );
    const response = await answer(rawRequest("/all"));
    expect(await response.json()).toEqual({ one: "/One/", two: "/two" });
    expect(sent.map(({ url }) => new URL(url).pathname).sort()).toEqual(["/One/", "/two"]);
    expect((await answer(rawRequest("/two/"))).status).toBe(308);
  });
});
