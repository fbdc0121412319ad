import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { COUNTED } from "../support/origin-protocol.ts";
import { ask, open, RawConnection, statusOf } from "../support/raw-http.ts";
import { growthDuring } from "../support/resident-set.ts";
import { serve } from "./served.ts";

const served = serve("long-lived.ts", (origin) => ({
  ORIGIN: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  PARTNER_SECRET: "a secret that is at least as long as its hash",
}));

const MB = 1_000_000;
const GB = 1_000 * MB;
/** What a body of any size may cost: what streams is never gathered. */
const FLAT = 32 * 1_024 * 1_024;

/** Reads an answer and throws it away. @returns how many bytes came, and whether that was all */
async function drain(path: string): Promise<{ size: number; complete: boolean }> {
  const { request, response } = open(served.gateway.port, path);
  request.end();
  const answer = await response;
  let size = 0;
  answer.on("data", (bytes: Buffer) => {
    size += bytes.length;
  });
  await new Promise((resolve) => answer.once("close", resolve));
  return { size, complete: answer.complete };
}

/** Sends so many bytes as fast as they are taken. @returns what the origin has counted */
async function send(path: string, size: number, headers: Readonly<Record<string, string>>): Promise<number> {
  const request = httpRequest({
    host: "127.0.0.1",
    port: served.gateway.port,
    method: "POST",
    path,
    agent: false,
    headers: { "content-type": COUNTED, ...headers },
  });
  const answered = once(request, "response");
  const piece = Buffer.alloc(65_536, "x");
  for (let left = size; left > 0; left -= piece.length) {
    if (!request.write(left < piece.length ? piece.subarray(0, left) : piece)) await once(request, "drain");
  }
  request.end();
  const [answer] = await answered;
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  return Number(text);
}

const closed = (exchange: number) => served.origin.wait("closed", (each) => each.exchange === exchange);

describe("a large body", () => {
  // What a process takes once, for the first request, is not what a body takes.
  beforeAll(async () => {
    await served.origin.answer("/size", { size: 10 * MB });
    await drain("/plain/size");
    // Where pieces pass through JavaScript, its heap grows to its working size.
    for (let count = 0; count < 20; count++) await drain("/patient/size");
    await send("/counted", 10 * MB, {});
  });

  it.each([
    ["with a length", [["content-length", String(GB)]]],
    ["in chunks", []],
  ] as const)("of 1 GB passes %s, and memory stays flat", async (_, headers) => {
    await served.origin.answer("/size", { size: GB, headers });
    const growth = await growthDuring(served.gateway.pid, async () => {
      expect(await drain("/plain/size")).toEqual({ size: GB, complete: true });
    });
    expect(growth).toBeLessThan(FLAT);
  });

  it("of 1 GB that is watched passes, and memory stays flat", async () => {
    const headers = [["content-length", String(GB)]] as const;
    await served.origin.answer("/size", { size: GB, headers });
    const growth = await growthDuring(served.gateway.pid, async () => {
      expect(await drain("/patient/size")).toEqual({ size: GB, complete: true });
    });
    expect(growth).toBeLessThan(FLAT);
  });

  it.each([
    ["with a length", { "content-length": String(100 * MB) }],
    ["in chunks, counted on its way", { "transfer-encoding": "chunked" }],
  ])("of 100 MB goes up %s, and memory stays flat", async (_, headers) => {
    const growth = await growthDuring(served.gateway.pid, async () => {
      expect(await send("/counted", 100 * MB, headers)).toBe(100 * MB);
    });
    expect(growth).toBeLessThan(FLAT);
  });

  it("waits for a client that takes it slowly, at its origin and not in memory", async () => {
    await served.origin.answer("/slow", { size: GB });
    const connection = new RawConnection(served.gateway.port);
    const growth = await growthDuring(served.gateway.pid, async () => {
      connection.write("GET /plain/slow HTTP/1.1\r\nHost: a\r\n\r\n");
      for (let taken = 1; taken <= 20; taken++) {
        await connection.until((received) => received.length >= taken * MB);
        connection.pause();
        await new Promise((resolve) => setTimeout(resolve, 10));
        connection.resume();
      }
    });
    connection.reset();
    expect(growth).toBeLessThan(FLAT);
    const { exchange } = (await served.origin.requests("/slow")).at(-1)!;
    expect(await closed(exchange)).toMatchObject({ complete: false });
  });

  it("waits for an origin that takes it slowly, at its client", async () => {
    await served.origin.raw("/hurried", { send: "", end: "hang", deaf: true });
    let written = 0;
    const growth = await growthDuring(served.gateway.pid, async () => {
      const { request, response } = open(served.gateway.port, "/hurried", { method: "POST" });
      const piece = Buffer.alloc(65_536);
      for (;;) {
        if (written > 100 * MB) break;
        written += piece.length;
        if (request.write(piece)) continue;
        const answered = await Promise.race([once(request, "drain"), response.catch(() => "over")]);
        if (!Array.isArray(answered)) break;
      }
      request.destroy();
    });
    // No more than what the sockets' own buffers hold, until the deadline.
    expect(written).toBeLessThan(50 * MB);
    expect(growth).toBeLessThan(FLAT);
  });
});

describe("a body that never ends", () => {
  const begin = (path: string, id: string) => {
    const connection = new RawConnection(served.gateway.port);
    const fields = `Host: a\r\nX-Request-Id: ${id}\r\nTransfer-Encoding: chunked\r\nConnection: close`;
    connection.write(`POST ${path} HTTP/1.1\r\n${fields}\r\n\r\n`);
    return connection;
  };

  it.each(["/hurried", "/hurried/counted"])(
    "is cut off at the deadline of %s, and so is its origin",
    async (path) => {
      await served.origin.raw(path, { send: "", end: "hang" });
      const id = `dribble-${path.length}`;
      const connection = begin(path, id);
      const dribble = setInterval(() => connection.write("1\r\nx\r\n"), 10);
      try {
        const answer = await connection.until((received) => received.includes("\r\n\r\n"));
        expect(statusOf(answer)).toBe(504);
        const { exchange } = (await served.origin.requests(path)).at(-1)!;
        await closed(exchange);
        expect(await served.gateway.line(id)).toMatchObject({ status: 504, code: "upstream-timeout" });
        // It is told, and not listened to for ever.
        await connection.ended();
      } finally {
        clearInterval(dribble);
        connection.destroy();
      }
    },
  );
});

describe("a body limit on trial", () => {
  it.each([
    ["a length", { "content-length": "1001" }],
    ["chunks", { "transfer-encoding": "chunked" }],
  ])("lets a body of %s pass that is too large, and says so", async (_, headers) => {
    const body = "x".repeat(1_001);
    const answer = await ask(served.gateway.port, "/trial", { method: "POST", headers, body });
    expect([answer.status, answer.json<{ body: string }>().body]).toEqual([200, body]);
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line).not.toHaveProperty("code");
    expect(line.reported).toEqual([
      { policy: "bodyLimit", code: "body-too-large", reason: "At most 1000 bytes." },
    ]);
  });

  it("says nothing of one that is not", async () => {
    for (const name of ["content-length", "transfer-encoding"]) {
      const headers = { [name]: name === "content-length" ? "1000" : "chunked" };
      const init = { method: "POST", headers, body: "x".repeat(1_000) };
      const answer = await ask(served.gateway.port, "/trial", init);
      const line = await served.gateway.line(answer.header("x-request-id"));
      expect([line.status, line]).toEqual([
        200,
        expect.not.objectContaining({ reported: expect.anything() }),
      ]);
    }
  });
});

describe("a client that goes", () => {
  const ask = (path: string, id: string, drop: "destroy" | "reset", until = "") => {
    const connection = new RawConnection(served.gateway.port);
    connection.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${id}\r\n\r\n`);
    return { connection, leave: () => connection[drop](), until };
  };

  it("before it is answered is in the log, and its origin is let go", async () => {
    await served.origin.raw("/hang", { send: "", end: "hang" });
    const { leave } = ask("/handled/hang", "abandoned-1", "reset");
    const { exchange } = await served.origin.wait("request", ({ url }) => url === "/hang");
    leave();
    await closed(exchange);
    expect(await served.gateway.line("abandoned-1")).toMatchObject({
      status: 499,
      route: "GET /handled/*",
      fault: "client",
      cause: "the client has gone",
    });
  });

  it("midway of an answer that nobody watches lets go of its origin too", async () => {
    await served.origin.answer("/half", { open: true, body: "begun" });
    const { connection, leave } = ask("/plain/half", "abandoned-2", "reset");
    await connection.until((received) => received.includes("begun"));
    const { exchange } = (await served.origin.requests("/half")).at(-1)!;
    leave();
    await closed(exchange);
    expect(await served.gateway.line("abandoned-2")).toMatchObject({ status: 200 });
    expect(served.gateway.lines().filter(({ id }) => id === "abandoned-2")).toHaveLength(1);
  });

  it("quietly is found out when something comes for it", async () => {
    await served.origin.answer("/quiet", { open: true, body: "begun" });
    const { connection, leave } = ask("/plain/quiet", "abandoned-3", "destroy");
    await connection.until((received) => received.includes("begun"));
    const { exchange } = (await served.origin.requests("/quiet")).at(-1)!;
    leave();
    await served.origin.write(exchange, "more");
    await closed(exchange);
  });
});
