import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { recordingProxy, type WireExchange } from "../../../scripts/record/proxy.ts";
import { deadUrl } from "../../support/origin.ts";
import { ask, exchange, open } from "../../support/raw-http.ts";

type Serve = (request: IncomingMessage, response: ServerResponse) => void;
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.closeAllConnections();
});

function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** A recording proxy before an origin, and what it tells. @param base path of the origin */
async function proxied(serve: Serve | URL, base = "") {
  const seen: IncomingMessage[] = [];
  const origin =
    serve instanceof URL
      ? serve
      : new URL(
          `http://127.0.0.1:${await listen(
            createServer((request, response) => {
              seen.push(request);
              serve(request, response);
            }),
          )}${base}`,
        );
  const ended: Array<WireExchange | string> = [];
  const waiting: Array<() => void> = [];
  const end = (what: WireExchange | string) => {
    ended.push(what);
    for (const tell of waiting.splice(0)) tell();
  };
  const watcher = { recordable: end, failed: (_: unknown, reason: string) => end(reason) };
  const port = await listen(recordingProxy(origin, watcher));
  return {
    port,
    origin,
    seen,
    /** How the next exchange ended. */
    async next(): Promise<WireExchange | string> {
      while (ended.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return ended.shift()!;
    },
  };
}

const drained: Serve = (request, response) => {
  request.resume();
  request.once("end", () => response.end());
};

describe("the recording proxy", () => {
  it("passes requests on as they are, but for what belongs to the connection and what would give a part", async () => {
    const { port, seen, origin, next } = await proxied(drained, "/base/");
    await ask(port, "/a%7Cb//c?x=%zz&y", {
      headers: {
        "X-Own": ["1", "2"],
        "accept-encoding": "gzip",
        "if-none-match": '"1"',
        range: "bytes=0-1",
        connection: "close, x-hop",
        "x-hop": "1",
        "proxy-authorization": "Basic x",
      },
    });
    const [request] = seen;
    expect([request?.method, request?.url]).toEqual(["GET", "/base/a%7Cb//c?x=%zz&y"]);
    expect(request?.headersDistinct).toEqual({
      host: [origin.host],
      "x-own": ["1", "2"],
      "accept-encoding": ["identity"],
      connection: ["close"],
    });
    expect(await next()).toMatchObject({ method: "GET", target: "/a%7Cb//c?x=%zz&y", digest: undefined });
  });

  it("keeps the conditions of what is not a read", async () => {
    const { port, seen } = await proxied(drained);
    await ask(port, "/a", { method: "PUT", headers: { "if-none-match": "*" }, body: "x" });
    expect(seen[0]?.headers).toMatchObject({ "if-none-match": "*" });
  });

  it.each([
    ["POST", "tea", { "content-length": "3" }, "tea"],
    ["POST", "tea", { "transfer-encoding": "chunked" }, "tea"],
    ["DELETE", "tea", { "transfer-encoding": "chunked" }, "tea"],
    ["POST", undefined, { "content-length": "0" }, ""],
  ])("passes the body of a %s on: %j as %j", async (method, body, headers, got) => {
    let text = "";
    const { port, next } = await proxied((request, response) => {
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.once("end", () => response.end());
    });
    expect((await ask(port, "/", { method, ...(body && { body }), headers })).status).toBe(200);
    expect(text).toBe(got);
    const { digest } = (await next()) as WireExchange;
    expect(digest).toBe(got === "" ? undefined : `sha256-${createHash("sha256").update(got).digest("hex")}`);
  });

  it("gives a POST without a body no body", async () => {
    const { port, seen } = await proxied(drained);
    await exchange(port, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(seen[0]?.headers).toMatchObject({ "content-length": "0" });
    expect(seen[0]?.headers).not.toHaveProperty("transfer-encoding");
  });

  it("passes answers on as they come, and tells what they were", async () => {
    let finish = () => {};
    const { port, next } = await proxied((_, response) => {
      response.writeHead(
        203,
        "Odd",
        [
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
          ["X-Own", "1"],
        ].flat(),
      );
      response.write("first ");
      finish = () => response.end("last");
    });
    const { request, response } = open(port, "/");
    request.end();
    const incoming = await response;
    expect([incoming.statusCode, incoming.statusMessage, incoming.headers["set-cookie"]]).toEqual([
      203,
      "Odd",
      ["a=1", "b=2"],
    ]);
    const [first] = await Promise.all([new Promise((resolve) => incoming.once("data", resolve))]);
    expect(String(first)).toBe("first ");
    finish();
    const told = (await next()) as WireExchange;
    expect([told.answer.status, String(told.answer.body)]).toEqual([203, "first last"]);
    expect(told.answer.fields).toContainEqual(["Set-Cookie", "b=2"]);
  });

  it("passes a large body on without keeping it", async () => {
    const { port, next } = await proxied((_, response) => response.end(Buffer.alloc(1_000_001, "x")));
    const answer = await ask(port, "/");
    expect([answer.body.length, answer.complete]).toEqual([1_000_001, true]);
    expect(((await next()) as WireExchange).answer.body).toBeUndefined();
  });

  it("tells nothing of an answer that breaks off, and the client hears that it did", async () => {
    const { port, next } = await proxied((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    expect((await ask(port, "/")).complete).toBe(false);
    expect(await next()).toBe("the origin broke off");
  });

  it("lets the origin know that the client went away", async () => {
    let closed: Promise<unknown> | undefined;
    const { port, next } = await proxied((_, response) => {
      closed = new Promise((resolve) => response.once("close", resolve));
      response.write("first");
    });
    const { request, response } = open(port, "/");
    request.end();
    await response;
    request.destroy();
    expect(await next()).toBe("the client went away");
    await closed;
  });

  it("answers 502 where there is no origin", async () => {
    const { port, next } = await proxied(new URL(await deadUrl()));
    const answer = await ask(port, "/");
    expect([answer.status, answer.text]).toEqual([
      502,
      expect.stringContaining("the origin cannot be reached"),
    ]);
    expect(await next()).toContain("the origin cannot be reached");
  });

  it("does not record an answer to half a request", async () => {
    const { port, next } = await proxied((_, response) => response.end("early"));
    const { request, response } = open(port, "/", { method: "POST", headers: { "content-length": "100" } });
    request.write("half");
    (await response).resume();
    expect(await next()).toBe("it was answered before it was whole");
    request.destroy();
  });

  it("serves one origin only", async () => {
    const { port, seen } = await proxied(drained);
    for (const target of ["http://other.example/", "*"]) {
      const raw = await exchange(port, `OPTIONS ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(raw).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(seen).toEqual([]);
  });
});
