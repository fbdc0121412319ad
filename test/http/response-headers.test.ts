import { expect, it } from "vitest";
import { responseHeaders } from "../../src/http/response-headers.ts";

it("drops hop-by-hop and nominated fields and keeps the rest", () => {
  const response = new Response("x", {
    status: 418,
    headers: {
      connection: "close, x-internal",
      "x-internal": "1",
      "keep-alive": "timeout=5",
      "proxy-authenticate": "Basic",
      trailer: "x",
      upgrade: "h2c",
      etag: '"1"',
      "content-type": "text/plain",
    },
  });
  const cleaned = responseHeaders(response);
  expect(Object.fromEntries(cleaned.headers)).toEqual({ etag: '"1"', "content-type": "text/plain" });
  expect(cleaned.status).toBe(418);
});

it("keeps every Set-Cookie", () => {
  const response = new Response(null, { status: 204 });
  response.headers.append("set-cookie", "a=1");
  response.headers.append("set-cookie", "b=2");
  expect(responseHeaders(response).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
});

it("streams the body and can be changed, where the original cannot", async () => {
  const original = Response.redirect("https://example.com/", 302);
  const cleaned = responseHeaders(original);
  cleaned.headers.set("x-request-id", "1");
  expect(cleaned.headers.get("location")).toBe("https://example.com/");
  expect(original.headers.has("x-request-id")).toBe(false);
  expect(await responseHeaders(new Response("streamed")).text()).toBe("streamed");
});
