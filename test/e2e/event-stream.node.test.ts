import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask, open, RawConnection } from "../support/raw-http.ts";
import { bearing, goodClaims, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";

const served = serve("long-lived.ts", (origin) => ({
  ORIGIN: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  PARTNER_SECRET,
}));

const EVENTS = [["content-type", "text/event-stream; charset=utf-8"]] as const;

/** Opens an answer that the origin keeps open, and gives the exchange there. */
async function opened(path: string, headers: Readonly<Record<string, string>> = {}) {
  const { request, response } = open(served.gateway.port, path, { headers });
  request.end();
  const answer = await response;
  const [, , ...rest] = path.split("/");
  const { exchange } = (await served.origin.requests(`/${rest.join("/")}`)).at(-1)!;
  return { answer, exchange, request };
}

/** The next piece of an answer's body. */
async function next(answer: IncomingMessage): Promise<string> {
  const [bytes] = (await once(answer, "data")) as [Buffer];
  return bytes.toString();
}

/** So much of what comes next, in however many pieces. */
function hears(answer: IncomingMessage, length: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    answer.on("data", function take(bytes: Buffer) {
      text += bytes.toString();
      if (text.length < length) return;
      answer.off("data", take);
      resolve(text);
    });
  });
}

/** All that is left of an answer, and whether it ended well. */
async function rest(answer: IncomingMessage) {
  let text = "";
  answer.on("data", (bytes: Buffer) => {
    text += bytes.toString();
  });
  answer.on("error", () => {});
  await new Promise((resolve) => answer.once("close", resolve));
  return { text, complete: answer.complete };
}

const closed = (exchange: number) => served.origin.wait("closed", (each) => each.exchange === exchange);
const lineOf = ({ headers }: IncomingMessage) => served.gateway.line(String(headers["x-request-id"]));

describe("an event stream that is bounded", () => {
  it("passes its events on one by one", async () => {
    await served.origin.answer("/one-by-one", { open: true, headers: EVENTS, body: "data: 1\n\n" });
    const { answer, exchange } = await opened("/patient/one-by-one");
    expect(await next(answer)).toBe("data: 1\n\n");
    for (const event of ["data: 2\n\n", "data: ☕\n\n", `data: ${"3".repeat(20_000)}\n\n`]) {
      const heard = hears(answer, event.length);
      await served.origin.write(exchange, Buffer.from(event).toString("latin1"));
      expect(await heard).toBe(event);
    }
    const ending = rest(answer);
    await served.origin.end(exchange);
    expect(await ending).toEqual({ text: "", complete: true });
    expect(await lineOf(answer)).toMatchObject({ status: 200, bytes: 9 + 9 + 11 + 20_008 });
  });

  it("ends well when its upstream keeps silent, so that its reader comes back, and the origin is let go", async () => {
    await served.origin.answer("/silent", { open: true, headers: EVENTS, body: "data: 1\n\n" });
    const { answer, exchange } = await opened("/idle/silent");
    expect(await rest(answer)).toEqual({ text: "data: 1\n\n", complete: true });
    await closed(exchange);
    expect(await lineOf(answer)).toMatchObject({
      status: 200,
      bytes: 9,
      fault: "upstream",
      cause: expect.stringContaining("nothing came from the upstream for 250 ms"),
    });
  });

  it("goes on for as long as something comes", async () => {
    await served.origin.answer("/beating", { open: true, headers: EVENTS, body: ": 0\n" });
    const { answer, exchange } = await opened("/idle/beating");
    const started = performance.now();
    let beats = 0;
    answer.on("data", () => {
      beats++;
      // Each comes well within the time, all of them take longer.
      if (beats < 8) setTimeout(() => served.origin.write(exchange, `: ${beats}\n`), 50);
    });
    await once(answer, "end");
    expect(beats).toBe(8);
    expect(performance.now() - started).toBeGreaterThan(500);
  });

  it("ends when it has lasted as long as it may, and it is nobody's fault", async () => {
    await served.origin.answer("/lasting", { open: true, headers: EVENTS, body: "data: 1\n\n" });
    const { answer, exchange } = await opened("/short/lasting");
    expect(await rest(answer)).toEqual({ text: "data: 1\n\n", complete: true });
    await closed(exchange);
    const line = await lineOf(answer);
    expect(line.notes).toEqual(["the body was ended: longest duration reached"]);
    expect(line).not.toHaveProperty("fault");
  });

  it("ends with its caller's credential", async () => {
    await served.origin.answer("/private", { open: true, headers: EVENTS, body: "data: 1\n\n" });
    const exp = Date.now() / 1_000 + 0.3;
    const token = await signWithSecret(PARTNER_SECRET, { ...goodClaims(), iss: PARTNER, exp });
    const { answer, exchange } = await opened("/own/private", bearing(token));
    expect(await rest(answer)).toEqual({ text: "data: 1\n\n", complete: true });
    expect(Date.now() / 1_000).toBeGreaterThanOrEqual(exp);
    await closed(exchange);
    expect((await lineOf(answer)).notes).toEqual(["the body was ended: credential expired"]);
  });

  it("lets go of the origin when its client has gone, though nothing comes that could find that out", async () => {
    await served.origin.answer("/left", { open: true, headers: EVENTS, body: "data: 1\n\n" });
    const connection = new RawConnection(served.gateway.port);
    connection.write("GET /patient/left HTTP/1.1\r\nHost: a\r\nX-Request-Id: left-client-1\r\n\r\n");
    await connection.until((received) => received.includes("data: 1"));
    const { exchange } = (await served.origin.requests("/left")).at(-1)!;
    connection.reset();
    await closed(exchange);
    expect(await served.gateway.line("left-client-1")).toMatchObject({
      status: 200,
      fault: "client",
      cause: expect.stringContaining("the client has gone"),
    });
  });
});

describe("another body that is bounded", () => {
  it.each([
    ["a length", [["content-length", "100"]]],
    ["chunks", []],
  ] as const)(
    "of %s breaks off when its upstream keeps silent: it is not the whole",
    async (name, headers) => {
      await served.origin.answer(`/stuck-${name.length}`, { open: true, headers, body: "begun" });
      const { answer, exchange } = await opened(`/idle/stuck-${name.length}`);
      expect(await rest(answer)).toEqual({ text: "begun", complete: false });
      await closed(exchange);
      expect(await lineOf(answer)).toMatchObject({ fault: "upstream", bytes: 5 });
    },
  );

  it("that is a part is asked for without a coding, so that it can be broken off", async () => {
    const head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-6/10\r\nContent-Length: 5\r\n";
    await served.origin.raw("/part", { send: `${head}\r\nabc`, end: "hang" });
    const headers = { range: "bytes=2-6", "accept-encoding": "gzip, br" };
    const answer = await ask(served.gateway.port, "/idle/raw/part", { headers });
    expect([answer.status, answer.text, answer.complete]).toEqual([206, "abc", false]);
    const [request] = await served.origin.requests("/part");
    const asked = request!.headers.filter(([name]) => /^(?:range|accept-encoding)$/i.test(name));
    expect(asked.map(([, value]) => value).sort()).toEqual(["bytes=2-6", "identity"]);
    await served.origin.raw("/part", { send: `${head}Content-Encoding: gzip\r\n\r\nabc`, end: "hang" });
    expect((await ask(served.gateway.port, "/idle/raw/part", { headers })).status).toBe(502);
  });

  it("breaks off when its client takes nothing, and the origin is let go at once", async () => {
    await served.origin.answer("/unread", { size: 100_000_000 });
    const connection = new RawConnection(served.gateway.port);
    connection.write("GET /idle/unread HTTP/1.1\r\nHost: a\r\nX-Request-Id: unread-body-1\r\n\r\n");
    await connection.until((received) => received.includes("\r\n\r\n"));
    connection.pause();
    const { exchange } = (await served.origin.requests("/unread")).at(-1)!;
    expect(await closed(exchange)).toMatchObject({ complete: false });
    expect(await served.gateway.line("unread-body-1")).toMatchObject({
      fault: "client",
      cause: expect.stringContaining("the client took nothing for 250 ms"),
    });
    // Once it reads on it finds out.
    connection.resume();
    expect((await connection.ended()).length).toBeLessThan(100_000_000);
  });
});

describe("a body that is watched", () => {
  const text = "some text, ".repeat(5_000);

  it.each([
    ["gzip", gzipSync(text)],
    ["br", brotliCompressSync(text)],
  ])("and coded with %s arrives whole, without its coding", async (coding, coded) => {
    const fields = `Content-Encoding: ${coding}\r\nContent-Length: ${coded.length}\r\nETag: "strong"`;
    const send = `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${coded.toString("latin1")}`;
    await served.origin.raw(`/${coding}`, { send, end: "close" });
    const headers = { "accept-encoding": coding };
    const answer = await ask(served.gateway.port, `/watched/raw/${coding}`, { headers });
    expect([answer.text === text, answer.complete]).toEqual([true, true]);
    expect([answer.header("content-encoding"), answer.header("etag")]).toEqual([undefined, 'W/"strong"']);
    expect(await served.gateway.line(answer.header("x-request-id"))).toMatchObject({ bytes: text.length });
  });

  it("of an origin that repeats its length arrives as it does where nobody watches", async () => {
    const send = "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello";
    await served.origin.raw("/repeated", { send, end: "close" });
    for (const route of ["/raw", "/watched/raw"]) {
      const answer = await ask(served.gateway.port, `${route}/repeated`);
      expect([route, answer.status, answer.text, answer.complete]).toEqual([route, 200, "hello", true]);
    }
  });

  it("is none where HEAD asks, and the line is written all the same", async () => {
    const answer = await ask(served.gateway.port, "/watched/made", { method: "HEAD" });
    expect([answer.status, answer.text]).toEqual([200, ""]);
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line).not.toHaveProperty("bytes");
  });
});
