import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { deadUrl } from "../support/origin.ts";
import { ask, exchange, open, RawConnection, statusOf } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("forward.ts", async (origin) => ({
  ORIGIN: origin.url,
  ORIGIN_WITH_BASE: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  DEAD_ORIGIN: await deadUrl(),
}));

/** The next piece of an answer's body. */
async function next(response: IncomingMessage): Promise<string> {
  const [bytes] = (await once(response, "data")) as [Buffer];
  return bytes.toString("latin1");
}

/** The exchange of a request at the origin, by its target there. */
const arrival = async (url: string) =>
  (await served.origin.wait("request", (request) => request.url === url)).exchange;

/** Waits until the origin has a piece of a body. */
const heard = (exchange: number, text: string) =>
  served.origin.wait("chunk", (each) => each.exchange === exchange && each.text === text);

/** Waits until an exchange is over at the origin, and sees to it that its body never seemed whole there. */
async function cutOff(exchange: number): Promise<void> {
  expect(await served.origin.wait("closed", (each) => each.exchange === exchange)).toMatchObject({
    complete: false,
  });
  await expect(served.origin.wait("body", (each) => each.exchange === exchange, 0)).rejects.toThrow();
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;

describe("bodies stream", () => {
  it.each([
    ["transfer-encoding", "chunked"],
    ["content-length", "10"],
  ])(
    "both ways at once by %s: each side has the first part before the other sends its last",
    async (name, value) => {
      const path = `/duplex-${name}`;
      const headers = { [name]: value };
      await served.origin.answer(path, { open: true, body: "down1" });
      const { request, response } = open(served.gateway.port, `/http${path}`, { method: "POST", headers });
      request.write("up-1-");
      const exchange = await arrival(path);
      await heard(exchange, "up-1-");
      const answer = await response;
      expect(await next(answer)).toBe("down1");
      const ended = once(answer, "end");
      const second = next(answer);
      await served.origin.write(exchange, "down2");
      expect(await second).toBe("down2");
      request.end("up-2-");
      expect(await served.origin.wait("body", (body) => body.exchange === exchange)).toMatchObject({
        size: 10,
      });
      await served.origin.end(exchange);
      await ended;
      expect(answer.complete).toBe(true);
    },
  );

  it("of some size arrive whole", async () => {
    const body = "0123456789abcdef".repeat(65_536);
    await served.origin.answer("/large", { body, headers: [["content-length", String(body.length)]] });
    for (const [name, value] of [
      ["transfer-encoding", "chunked"],
      ["content-length", String(body.length)],
    ] as const) {
      const headers = { [name]: value };
      const answer = await ask(served.gateway.port, "/http/large", { method: "PUT", headers, body });
      expect(answer.text === body).toBe(true);
      const { exchange } = (await served.origin.requests("/large")).at(-1)!;
      expect(await served.origin.wait("body", (each) => each.exchange === exchange)).toMatchObject({
        size: body.length,
      });
    }
  });

  it("pass server-sent events on one by one", async () => {
    const headers = [["content-type", "text/event-stream"]] as const;
    await served.origin.answer("/events", { open: true, headers, body: "data: 1\n\n" });
    const { request, response } = open(served.gateway.port, "/http/events");
    request.end();
    const answer = await response;
    expect(await next(answer)).toBe("data: 1\n\n");
    const exchange = await arrival("/events");
    for (const event of ["data: 2\n\n", ": ping\n\n", "data: 3\n\n"]) {
      const passed = next(answer);
      await served.origin.write(exchange, event);
      expect(await passed).toBe(event);
    }
    request.destroy();
    // Nobody reads any more: the next event finds that out.
    await served.origin.write(exchange, "data: 4\n\n");
    expect(await served.origin.wait("closed", (each) => each.exchange === exchange)).toMatchObject({
      complete: false,
    });
  });

  it("that the client leaves unfinished are never whole to the origin", async () => {
    for (const path of ["/cut", "/limited?cut"]) {
      const connection = new RawConnection(served.gateway.port);
      connection.write(chunked(path.startsWith("/limited") ? path : `/http${path}`) + chunk("begun"));
      const exchange = await arrival(path);
      await heard(exchange, "begun");
      connection.destroy();
      await cutOff(exchange);
    }
  });
});

describe("a body limit", () => {
  const post = (path: string, body: string, headers = {}) =>
    ask(served.gateway.port, path, { method: "POST", body, headers });

  it("refuses a larger length before anything is sent on", async () => {
    const before = await served.origin.count();
    const refused = await post("/limited", "x".repeat(1_001));
    expect([refused.status, refused.json().code]).toEqual([413, "body-too-large"]);
    expect(await served.origin.count()).toBe(before);
    expect((await post("/limited", "x".repeat(1_000))).status).toBe(200);
  });

  it("counts a body without a length as it streams", async () => {
    const connection = new RawConnection(served.gateway.port);
    connection.write(chunked("/limited?counted") + chunk("a".repeat(500)));
    const exchange = await arrival("/limited?counted");
    await heard(exchange, "a".repeat(500));
    connection.write(chunk("b".repeat(501)));
    const answer = await connection.ended();
    expect(statusOf(answer)).toBe(413);
    expect(answer).toContain('"code":"body-too-large"');
    // The origin must not take what it has got for the whole.
    await cutOff(exchange);
  });

  it.each(["/limited", "/limited/app", "/limited/handler"])(
    "holds at %s for chunks as for lengths, to the byte",
    async (path) => {
      const send = (size: number) =>
        exchange(served.gateway.port, `${chunked(path)}${chunk("x".repeat(size))}0\r\n\r\n`);
      expect(statusOf(await send(1_000))).toBe(200);
      expect(statusOf(await send(1_001))).toBe(413);
      expect(statusOf(await send(200_000))).toBe(413);
      const lying = chunked(path).replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\n");
      const answer = await exchange(served.gateway.port, `${lying}${chunk("x".repeat(1_001))}0\r\n\r\n`);
      expect(statusOf(answer)).toBe(413);
    },
  );

  it.each(["/limited", "/limited/app", "/limited/handler"])(
    "at %s says 400 to chunks that are none",
    async (path) => {
      const answer = await exchange(served.gateway.port, `${chunked(path)}${chunk("begun")}rubbish\r\n\r\n`);
      expect(statusOf(answer)).toBe(400);
      expect(answer).toContain('"code":"malformed-body"');
    },
  );
});

describe("a WebSocket", () => {
  const url = (path: string) => `ws://127.0.0.1:${served.gateway.port}${path}`;

  it("is passed through, frames both ways and the close at the end", async () => {
    const socket = new WebSocket(url("/ws?room=1"));
    const heard: string[] = [];
    socket.addEventListener("message", ({ data }) => {
      heard.push(String(data));
      if (heard.length === 1) socket.send("one");
      else if (heard.length === 2) socket.send("x".repeat(1_000));
      else socket.close(1000, "done");
    });
    const [closed] = (await once(socket as never, "close")) as [CloseEvent];
    expect(heard).toEqual(["hello /ws?room=1", "one", "x".repeat(1_000)]);
    expect([closed.code, closed.reason]).toEqual([1000, "done"]);
    const [request] = await served.origin.requests("/ws");
    const names = request!.headers.map(([name]) => name.toLowerCase());
    expect(names).toContain("x-request-id");
  });

  it("is all that its route speaks", async () => {
    const before = await served.origin.count();
    const answer = await ask(served.gateway.port, "/ws");
    expect([answer.status, answer.json().code]).toEqual([426, "upgrade-required"]);
    expect(await served.origin.count()).toBe(before);
  });

  it("is not opened on another route: the origin is asked without the upgrade", async () => {
    const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
    const answer = await ask(served.gateway.port, "/http/no-socket", { headers });
    expect(answer.status).toBe(200);
    expect(answer.text.toLowerCase()).not.toContain('"upgrade"');
  });

  it("that the origin refuses, or that finds no origin, is refused", async () => {
    const upgrade = (path: string) =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    await served.origin.answer("/ws", { status: 403 });
    for (const [path, status] of [
      ["/ws", 403],
      ["/ws/dead", 502],
    ] as const) {
      const connection = new RawConnection(served.gateway.port);
      connection.write(upgrade(path));
      expect(statusOf(await connection.until((received) => received.includes("\r\n\r\n")))).toBe(status);
      connection.destroy();
    }
  });
});
