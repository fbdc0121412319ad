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
describe("every answer", () => {
  const SECURITY = {
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
  };

  it.each([
    ["GET", "/items", 200],
    ["GET", "/nowhere", 404],
    ["DELETE", "/items", 405],
    ["GET", "/items;x", 400],
    ["GET", "/items?%", 400],
    ["GET", "/throws", 500],
    ["GET", "/unset", 500],
    ["OPTIONS", "/items", 204],
    ["GET", "/echo/x", 200],
  ])("to %s %s has the request id, the trace and security headers: %i", async (method, path, status) => {
    const answer = await get(path, {
      method,
      headers: { "x-request-id": "my-own-id-1", origin: "https://shop.example" },
    });
    expect(answer.status).toBe(status);
    expect(answer.all("x-request-id")).toEqual(["my-own-id-1"]);
    expect(answer.header("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    for (const [name, value] of Object.entries(SECURITY))
      expect([name, ...answer.all(name)]).toEqual([name, value]);
    expect(answer.header("access-control-allow-origin")).toBe("https://shop.example");
    if (status >= 400) {
      expect(answer.header("content-type")).toBe("application/problem+json");
      expect(answer.header("cache-control")).toBe("no-store");
      expect(answer.json()).toMatchObject({ status, requestId: "my-own-id-1" });
    }
  });

  it("leaves an origin's own security headers as they are", async () => {
    expect((await get("/own-cors")).all("x-frame-options")).toEqual(["SAMEORIGIN"]);
  });

  it("tells a client nothing of a bug or a missing variable, and the log everything", async () => {
    for (const [path, code, secret] of [
      ["/throws", "internal-error", "the secret reason"],
      ["/unset", "configuration-missing", "NEVER_SET"],
    ] as const) {
      const answer = await get(path);
      expect(answer.json()).toMatchObject({ status: 500, code });
      expect(answer.text).not.toContain(secret);
      const line = await served.gateway.line(answer.header("x-request-id"));
      expect(line).toMatchObject({ route: `GET ${path}`, status: 500, code, fault: "gateway" });
      expect(line.cause).toContain(secret);
    }
  });
});

describe("the request id and the trace", () => {
  it("are the caller's own where they are harmless, at the origin and in the answer", async () => {
    const id = "order-7.retry_2";
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const sent = {
      "x-request-id": id,
      traceparent: `00-${traceId}-b7ad6b7169203331-00`,
      tracestate: "a=1,b=2",
    };
    const answer = await get("/echo/x", { headers: sent });
    const { headers } = answer.json<Echo>();
    const seen = Object.fromEntries(headers);
    expect([seen["x-request-id"], answer.header("x-request-id")]).toEqual([id, id]);
    expect(seen.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-00$`));
    expect(seen.tracestate).toBe("a=1,b=2");
    expect(answer.header("traceparent")).toBe(seen.traceparent);
    expect(await served.gateway.line(id)).toMatchObject({ trace: traceId });
  });

  it.each(["short", "a".repeat(129), "with space", "<script>", "a;b=cccccc", "ünïcode-id"])(
    "the id %j is replaced",
    async (id) => {
      const answer = await get("/echo/x", {
        headers: { "x-request-id": Buffer.from(id).toString("latin1") },
      });
      expect(answer.header("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
      expect(Object.fromEntries(answer.json<Echo>().headers)["x-request-id"]).toBe(
        answer.header("x-request-id"),
      );
    },
  );

  it.each([
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
    "rubbish",
  ])("the trace %s is ignored", async (traceparent) => {
    const { headers } = await echoed({ headers: { traceparent, tracestate: "a=1" } });
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(headers.traceparent).not.toContain("0af7651916cd43dd8448eb211c80319c");
    expect(headers).not.toHaveProperty("tracestate");
  });
});

describe("the access log", () => {
  it("has one line of JSON for a request, with its route, status and origin, and without its query", async () => {
    const headers = {
      "x-request-id": "log-line-1",
      authorization: "Bearer not.a.token",
      cookie: "session=topsecret",
    };
    await get("/echo/logged?token=confidential", { headers });
    const line = await served.gateway.line("log-line-1");
    expect(line).toMatchObject({
      method: "GET",
      path: "/echo/logged",
      route: "ANY /echo/*",
      status: 200,
      upstreams: [{ upstream: "origin", status: 200 }],
    });
    expect(line).not.toHaveProperty("fault");
    expect(served.gateway.lines().filter(({ id }) => id === "log-line-1")).toHaveLength(1);
    for (const secret of ["confidential", "not.a.token", "topsecret"])
      expect(served.gateway.output()).not.toContain(secret);
  });

  it("tells a client's fault from the gateway's", async () => {
    await get("/nowhere", { headers: { "x-request-id": "log-line-2" } });
    expect(await served.gateway.line("log-line-2")).toMatchObject({
      status: 404,
      code: "route-not-found",
      fault: "client",
    });
  });

  it("holds nothing but such lines", () => {
    const lines = served.gateway.output().trimEnd().split("\n");
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ id: expect.any(String), status: expect.any(Number) });
  });
});
