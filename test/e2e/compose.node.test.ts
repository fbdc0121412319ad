import { beforeAll, describe, expect, it } from "vitest";
import { deadUrl, type Echo } from "../support/origin.ts";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const SECRET = "a secret that is at least as long as its hash";
const served = serve("compose.ts", async (origin) => ({
  ORIGIN: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  DEAD_ORIGIN: await deadUrl(),
  PARTNER_SECRET: SECRET,
}));

beforeAll(async () => {
  const json = (path: string, value: unknown, delay = 0) =>
    served.origin.answer(path, {
      body: JSON.stringify(value),
      headers: [["content-type", "application/json"]],
      delay,
    });
  await Promise.all([
    ...["one", "two", "three", "four"].map((name) => json(`/slow/${name}`, { name }, 50)),
    json("/merged/late", { from: "late", late: true }, 60),
    json("/merged/early", { from: "early", early: true }),
    json("/fed/users/a%20b", { id: "u/1", email: "secret", shop: { name: "Tea" } }),
    json("/optional/base", { base: 1 }),
    served.origin.answer("/optional/list", { status: 500, body: "internal details" }),
    served.origin.answer("/page", { body: "<html>", headers: [["content-type", "text/html"]] }),
    served.origin.raw("/hang", { send: "", end: "hang" }),
    served.origin.raw("/hang-required", { send: "", end: "hang" }),
    served.origin.raw("/cut", {
      send: 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"cut":',
      end: "close",
    }),
  ]);
});

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const fields = (headers: Echo["headers"]) =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

describe("parts", () => {
  it("that need nothing of each other are fetched at the same time", async () => {
    await get("/parallel");
    const took: number[] = [];
    for (let round = 0; round < 5; round++) {
      const started = performance.now();
      const answer = await get("/parallel");
      took.push(performance.now() - started);
      const parts = {
        one: { name: "one" },
        two: { name: "two" },
        three: { name: "three" },
        four: { name: "four" },
      };
      expect(answer.json()).toEqual(parts);
    }
    // One after the other they would take 200 ms.
    expect(Math.min(...took)).toBeLessThan(120);
  });

  it("are merged in the order in which they are declared, not in that of their arrival", async () => {
    expect((await get("/merged")).json()).toEqual({ from: "early", late: true, early: true });
  });

  it("feed later ones, each value encoded for its place", async () => {
    const answer = await get("/fed/a%20b?q=x%26y", {
      headers: { cookie: "a=1", "x-own": "1", "x-user": "spoofed" },
    });
    expect(answer.status).toBe(200);
    expect(answer.json().user).toEqual({ id: "u/1", shop: { called: "Tea" } });
    const [order] = await served.origin.requests("/fed/orders");
    expect([order?.method, order?.url]).toEqual(["POST", "/fed/orders?for=u%2F1"]);
    const sent = fields(order?.headers ?? []);
    expect(sent["x-user"]).toBe("u/1");
    expect(sent["content-type"]).toBe("application/json");
    // Nothing of the caller's goes along by itself.
    expect([sent.cookie, sent["x-own"]]).toEqual([undefined, undefined]);
    expect(sent["x-request-id"]).toBe(answer.header("x-request-id"));
    expect(JSON.parse(answer.json().orders as string)).toEqual({
      user: "u/1",
      all: true,
      list: ["x&y", "a b"],
    });
  });

  it("that are optional may fail, and the answer says which did and why", async () => {
    const answer = await get("/optional");
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ base: { base: 1 }, list: [], slow: { slow: true } });
    const parts = answer.header("isogate-parts") ?? "";
    expect(parts).toMatch(/^base;status=200;ms=\d+, list;status=500;failed=upstream-invalid;ms=\d+, /);
    for (const failed of [
      "gone;failed=upstream-unreachable",
      "slow;failed=upstream-timeout",
      "after;failed=upstream-unreachable",
    ]) {
      expect(parts.replaceAll(/;ms=\d+/g, "")).toContain(failed);
    }
    expect(answer.header("cache-control")).toBe("no-store");
    expect(answer.text).not.toContain("internal details");
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line.notes).toHaveLength(4);
    expect(line.upstreams?.map(({ upstream }) => upstream).sort()).toEqual([
      "dead",
      "origin",
      "origin",
      "raw",
    ]);
  });

  it("that are required make the whole fail, named, and the others are called off", async () => {
    await served.origin.answer("/required/base", { status: 503, delay: 150 });
    const answer = await get("/required");
    expect([answer.status, answer.json().code]).toEqual([503, "upstream-unavailable"]);
    expect(answer.json()).toMatchObject({ part: "base", partStatus: 503 });
    const { exchange } = await served.origin.wait("request", ({ url }) => url === "/hang-required");
    await served.origin.wait("closed", (each) => each.exchange === exchange, 1_000);
  });

  it("may be all or nothing", async () => {
    const answer = await get("/all-or-nothing");
    expect([answer.status, answer.json().part]).toEqual([502, "gone"]);
  });

  it("share the route's deadline, and a partial answer still leaves in time", async () => {
    const started = performance.now();
    const answer = await get("/late");
    expect(performance.now() - started).toBeLessThan(1_000);
    expect([answer.status, answer.json()]).toEqual([200, { base: 1, slow: true }]);
    expect(answer.header("isogate-parts")).toContain("slow;failed=deadline-exceeded");
    expect((await get("/too-late")).status).toBe(504);
  });

  it("pass a status on as the whole answer where they say so", async () => {
    const headers = [["content-type", "text/plain"]] as const;
    await served.origin.answer("/passing/unknown", {
      status: 404,
      headers: [...headers, ["x-own", "1"]],
      body: "no such",
    });
    const answer = await get("/passing/unknown");
    expect([answer.status, answer.text, answer.header("content-type")]).toEqual([
      404,
      "no such",
      "text/plain",
    ]);
    expect(answer.header("x-own")).toBeUndefined();
    await served.origin.answer("/passing/broken", { status: 400, body: "{}" });
    expect((await get("/passing/broken")).json()).toMatchObject({
      status: 502,
      part: "product",
      partStatus: 400,
    });
  });

  it("that break off, or are no JSON, are no answer", async () => {
    for (const path of ["/broken", "/no-json"]) {
      const answer = await get(path);
      expect([path, answer.status, answer.json().code]).toEqual([path, 502, "upstream-invalid"]);
    }
  });

  it("may refer to who calls", async () => {
    const headers = bearing(await signWithSecret(SECRET, { iss: PARTNER, sub: "a/b" }));
    expect((await get("/caller", { headers })).json<Echo>().url).toBe("/caller/a%2Fb");
    expect((await get("/caller")).status).toBe(401);
  });
});

describe("a part that is a route", () => {
  it("is judged like any other request, with the caller's own credential", async () => {
    const anonymous = await get("/routed");
    expect(anonymous.status).toBe(200);
    expect(anonymous.json<{ own: Echo }>().own.url).toBe("/inner/7?x=1");
    expect(Object.keys(anonymous.json())).toEqual(["own"]);
    const headers = bearing(await signWithSecret(SECRET, { iss: PARTNER }));
    const identified = await get("/routed", { headers });
    const { own, mine } = identified.json<{ own: Echo; mine: Echo }>();
    expect(fields(mine.headers)["x-identity-subject"]).toBe("ada");
    expect(fields(own.headers)["x-request-id"]).toBe(identified.header("x-request-id"));
    const line = await served.gateway.line(identified.header("x-request-id"));
    expect(line.children?.map(({ route, status }) => [route, status])).toEqual(
      expect.arrayContaining([
        ["GET /inner/:id", 200],
        ["GET /refusing", 404],
        ["GET /mine", 200],
      ]),
    );
  });

  it("that leads back to itself is found out", async () => {
    const answer = await get("/loop");
    expect([answer.status, answer.json().code]).toEqual([508, "loop-detected"]);
    const composed = await get("/composed-loop");
    expect([composed.status, composed.json().part]).toEqual([502, "again"]);
  });
});
