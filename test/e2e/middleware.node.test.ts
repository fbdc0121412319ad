import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { ask, type HttpRequest } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("middleware.ts", (origin) => ({ ORIGIN: origin.url }));

const get = (path: string, init?: HttpRequest) => ask(served.gateway.port, path, init);
const post = (path: string, body: string, headers: HttpRequest["headers"] = {}) =>
  get(path, { method: "POST", body, headers });

describe("Hono's own middleware, imported by a manifest,", () => {
  it("keeps out who may not come in", async () => {
    const before = await served.origin.count();
    const basic = await get("/basic");
    expect([basic.status, basic.header("www-authenticate")]).toEqual([401, 'Basic realm="Secure Area"']);
    expect((await get("/address", { headers: { "cf-connecting-ip": "198.51.100.1" } })).status).toBe(403);
    const form = { "content-type": "application/x-www-form-urlencoded", origin: "https://evil.example" };
    expect((await post("/csrf", "a=1", form)).status).toBe(403);
    expect((await post("/limited", "x".repeat(11))).status).toBe(413);
    expect((await post("/valid", "{}", { "content-type": "application/json" })).status).toBe(422);
    expect(await served.origin.count()).toBe(before);
  });

  it("lets in who may, with what they send", async () => {
    const authorization = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;
    expect((await get("/basic", { headers: { authorization } })).status).toBe(200);
    expect((await get("/address", { headers: { "cf-connecting-ip": "192.0.2.7" } })).status).toBe(200);
    const chunked = { "transfer-encoding": "chunked" };
    expect((await post("/limited", "nine then", chunked)).json()).toMatchObject({ body: "nine then" });
    const json = { "content-type": "application/json" };
    expect((await post("/valid", '{"a": 1}', json)).json()).toMatchObject({ body: '{"a": 1}' });
  });

  it("changes answers", async () => {
    const first = await get("/etag");
    expect(first.text).toBe("tea");
    const second = await get("/etag", { headers: { "if-none-match": `${first.header("etag")}` } });
    expect([second.status, second.text]).toEqual([304, ""]);
    const pretty = await get("/pretty?pretty");
    expect([pretty.text, pretty.header("x-frame-options")]).toEqual(['{\n  "a": 1\n}', "SAMEORIGIN"]);
    expect((await get("/inherited")).header("x-powered-by")).toBe("tea");
  });

  it("sees hits and refusals too", async () => {
    const statusOf = async () => {
      const answer = await get("/cached");
      expect(answer.all("server-timing")).toHaveLength(1);
      return answer.header("cache-status");
    };
    expect(await statusOf()).toContain("fwd=miss");
    await expect.poll(statusOf).toContain("; hit;");
    const [, second] = [await get("/limit"), await get("/limit")];
    expect([second.status, second.header("x-powered-by")]).toEqual([429, "tea"]);
  });

  it("may put the request together anew, though its URL is spelt another way then", async () => {
    expect((await get("/anew?a='|'")).json()).toMatchObject({ url: "/anew?a=%27|%27" });
  });

  it("lets a WebSocket through", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${served.gateway.port}/socket`);
    const [message] = (await once(socket as never, "message")) as [MessageEvent];
    expect(message.data).toBe("hello /socket");
    socket.close();
  });
});
