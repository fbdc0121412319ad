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
describe("header fields", () => {
  it("of one hop do not reach the origin, nor those that the client nominates", async () => {
    const { headers } = await echoed({
      headers: {
        connection: "close, x-nominated, X-Other, authorization",
        "x-nominated": "1",
        "x-other": "1",
        authorization: "Basic eA==",
        "keep-alive": "timeout=5",
        "proxy-authorization": "Basic eA==",
        "proxy-connection": "keep-alive",
        te: "trailers",
        upgrade: "h2c",
        "x-kept": "1",
      },
    });
    expect(headers["x-kept"]).toBe("1");
    const gone = ["x-nominated", "x-other", "authorization", "keep-alive", "te", "upgrade"];
    for (const name of [...gone, "proxy-authorization", "proxy-connection"])
      expect(headers).not.toHaveProperty(name);
    expect(headers.connection ?? "keep-alive").toBe("keep-alive");
  });

  it("that claim who or where the client is never reach the origin, however they are spelt", async () => {
    const claimed = [
      "x-forwarded-for",
      "x-forwarded-proto",
      "x-forwarded-host",
      "x-forwarded-port",
      "x-forwarded-prefix",
      "X_Forwarded_For",
      "x-real-ip",
      "x_real_ip",
      "forwarded",
      "true-client-ip",
      "client-ip",
      "x-client-ip",
      "x-original-url",
      "x-rewrite-url",
      "x-identity-id",
      "x-identity-subject",
      "x-identity-anything",
      "x_identity_id",
      "X-Identity_Scopes",
      "x.identity.id",
      "cf-access-user",
    ];
    const { headers } = await echoed({
      headers: Object.fromEntries(claimed.map((name) => [name, "SPOOFED"])),
    });
    expect(JSON.stringify(headers)).not.toContain("SPOOFED");
  });

  it("tell the origin what the gateway itself has seen", async () => {
    const { headers } = await echoed({
      headers: { host: "shop.example:8443", "cf-connecting-ip": "2001:db8::7" },
    });
    expect(headers).toMatchObject({
      "x-forwarded-for": "2001:db8::7",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.example:8443",
      forwarded: 'for="[2001:db8::7]";proto=http;host="shop.example:8443"',
      host: new URL(served.origin.url).host,
    });
  });

  it("of an answer for one hop do not reach the client, nor those that the origin nominates", async () => {
    await served.origin.answer("/echo/hop", {
      headers: [
        ["connection", "close, x-nominated"],
        ["x-nominated", "secret"],
        ["keep-alive", "timeout=9"],
        ["proxy-authenticate", "Basic"],
        ["upgrade", "h2c"],
        ["trailer", "x-t"],
        ["x-kept", "1"],
      ],
      body: "ok",
    });
    const answer = await get("/echo/hop");
    expect([answer.text, answer.header("x-kept")]).toEqual(["ok", "1"]);
    for (const name of ["x-nominated", "proxy-authenticate", "upgrade", "trailer"])
      expect(answer.all(name)).toEqual([]);
    expect(answer.header("keep-alive") ?? "").not.toContain("9");
  });

  it("keep several cookies apart, and pass a redirect on without following it", async () => {
    await served.origin.answer("/echo/moved", {
      status: 302,
      headers: [
        ["location", "http://127.0.0.1:1/elsewhere"],
        ["set-cookie", "a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
        ["set-cookie", "b=2; HttpOnly"],
        ["set-cookie", "c=3"],
      ],
    });
    const answer = await get("/echo/moved");
    expect([answer.status, answer.header("location")]).toEqual([302, "http://127.0.0.1:1/elsewhere"]);
    expect(answer.all("set-cookie")).toEqual([
      "a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
      "b=2; HttpOnly",
      "c=3",
    ]);
  });
});
