import { describe, expect, it } from "vitest";
import { RawConnection } from "../support/raw-http.ts";
import { growthDuring } from "../support/resident-set.ts";
import { bearing, goodClaims, PARTNER, signWithSecret } from "../support/tokens.ts";
import { connectWebSocket, type Heard, upgrade, WebSocketClient } from "../support/websocket-client.ts";
import { TEXT, writeFrame } from "../support/websocket-frames.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";

const served = serve("long-lived.ts", (origin) => ({
  ORIGIN: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  PARTNER_SECRET,
}));

type Fields = Readonly<Record<string, string>>;
const connect = (path: string, fields?: Fields) => connectWebSocket(served.gateway.port, path, fields);
const ask = (path: string, fields?: Fields) => upgrade(served.gateway.port, path, fields);

/** The exchange at the origin of the last upgrade of a path. */
const exchangeOf = async (path: string) => (await served.origin.requests(path)).at(-1)!.exchange;
/** What the origin was told at the end of the last connection of a path. */
const farewell = async (path: string) => {
  const exchange = await exchangeOf(path);
  const { code, reason } = await served.origin.wait("farewell", (each) => each.exchange === exchange);
  return [code, reason];
};
const gone = async (path: string) => {
  const exchange = await exchangeOf(path);
  await served.origin.wait("closed", (each) => each.exchange === exchange);
};
const lineOf = ({ headers }: Pick<WebSocketClient, "headers">) =>
  served.gateway.line(String(headers["x-request-id"]));

/** A connection whose greeting has been heard. */
async function greeted(path: string, fields?: Fields): Promise<WebSocketClient> {
  const client = await connect(path, fields);
  expect(await client.next()).toEqual({ text: `hello ${path}` });
  return client;
}

describe("an upgrade", () => {
  const page = (origin: string) => ({ origin });
  const status = async (path: string, fields?: Fields) => {
    const answer = await ask(path, fields);
    if (!(answer instanceof WebSocketClient)) return [answer.status, answer.json().code];
    answer.drop();
    return [101];
  };

  it("is made to pages of the request's own web origin and to what is no page", async () => {
    const own = `http://127.0.0.1:${served.gateway.port}`;
    expect(await status("/ws/plain")).toEqual([101]);
    expect(await status("/ws/plain", page(own))).toEqual([101]);
    const before = await served.origin.count();
    for (const foreign of ["https://evil.example", own.replace("http:", "https:"), `${own}.evil`, "null"]) {
      expect(await status("/ws/plain", page(foreign))).toEqual([403, "origin-not-allowed"]);
    }
    expect(await served.origin.count()).toBe(before);
  });

  it("is made to pages of the web origins that are listed, and to no others", async () => {
    for (const listed of ["https://shop.example", "https://eu.shop.example"]) {
      expect(await status("/ws/pages", page(listed))).toEqual([101]);
    }
    const own = `http://127.0.0.1:${served.gateway.port}`;
    for (const other of ["https://evilshop.example", "https://other.example", own]) {
      expect(await status("/ws/pages", page(other))).toEqual([403, "origin-not-allowed"]);
    }
    expect(await status("/ws/anybody", page("null"))).toEqual([101]);
  });

  it("is one of the protocol that is spoken", async () => {
    const other = await ask("/ws/plain", { "sec-websocket-version": "8" });
    if (other instanceof WebSocketClient) throw new Error("was made");
    expect([other.status, other.json().code, other.headers["sec-websocket-version"]]).toEqual([
      426,
      "upgrade-required",
      "13",
    ]);
    expect(await status("/ws/plain", { "sec-websocket-key": "short" })).toEqual([400, "malformed-header"]);
  });

  it("offers the upstream no subprotocol that is not spoken, and passes on its choice", async () => {
    const fields = { "sec-websocket-protocol": "v9.chat, v2.chat,  v1.chat" };
    const client = await connect("/ws/chat?protocol=v2.chat", fields);
    expect(client.headers["sec-websocket-protocol"]).toBe("v2.chat");
    client.drop();
    const [request] = await served.origin.requests("/ws/chat");
    expect(request!.headers.filter(([name]) => name.toLowerCase() === "sec-websocket-protocol")).toEqual([
      [expect.anything(), "v2.chat, v1.chat"],
    ]);
  });

  it("without a subprotocol that is spoken is refused", async () => {
    for (const fields of [{}, { "sec-websocket-protocol": "v9.chat" }] as Fields[]) {
      const answer = await ask("/ws/chat", fields);
      if (answer instanceof WebSocketClient) throw new Error("was made");
      expect([answer.status, answer.json().code]).toEqual([400, "subprotocol-required"]);
    }
  });

  it("fails where the upstream chooses what it was not offered", async () => {
    const fields = { "sec-websocket-protocol": "v1.chat" };
    expect(await status("/ws/chat?protocol=v9.chat", fields)).toEqual([502, "upstream-invalid"]);
    await gone("/ws/chat");
  });

  it("fails where the upstream chooses what is spoken but this client has not offered", async () => {
    const fields = { "sec-websocket-protocol": "v1.chat" };
    expect(await status("/ws/chat?protocol=v2.chat", fields)).toEqual([502, "upstream-invalid"]);
  });
});

describe.each(["/ws/plain", "/ws/relayed"])("a connection of %s", (path) => {
  it("passes text and bytes of any size both ways, and the client's close", async () => {
    const client = await greeted(path);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    for (const message of ["", "tea ☕ 茶", "x".repeat(70_000)]) {
      client.send(message);
      expect(await client.next()).toEqual({ text: message });
    }
    for (const message of [Buffer.alloc(0), bytes, Buffer.alloc(200_000, 1)]) {
      client.send(message);
      const heard = await client.next();
      expect("bytes" in heard && heard.bytes.equals(message)).toBe(true);
    }
    client.close(4001, "bye ☕");
    expect(await client.next()).toMatchObject({ closed: 4001 });
    expect(await farewell(path)).toEqual([4001, "bye ☕"]);
    await gone(path);
  });

  it.each([
    ["!close 4002 over", { closed: 4002, reason: "over" }],
    ["!close 1000 ", { closed: 1000, reason: "" }],
    ["!close", { closed: 1005, reason: "" }],
  ] as Array<[string, Heard]>)("passes the upstream's close on: %s", async (order, expected) => {
    const client = await greeted(path);
    client.send(order);
    expect(await client.next()).toEqual(expected);
    client.drop();
    await gone(path);
  });

  it("is over for the upstream where the client goes without a word", async () => {
    const client = await greeted(path);
    client.drop("reset");
    await gone(path);
  });
});

describe("a relayed connection", () => {
  it("says to the client that the upstream has gone without a word", async () => {
    const client = await greeted("/ws/relayed");
    client.send("!drop");
    expect(await client.next()).toEqual({ closed: 1011, reason: "the upstream has gone" });
    expect((await lineOf(client)).websocket).toMatchObject({ by: "upstream", code: 1011 });
  });

  it("says to the upstream that the client has", async () => {
    const client = await greeted("/ws/relayed");
    client.drop("reset");
    expect(await farewell("/ws/relayed")).toEqual([1001, "the client has gone"]);
    expect((await lineOf(client)).websocket).toMatchObject({ by: "client", code: 1001 });
  });

  it("is in the log when it has ended, with what went over it", async () => {
    const client = await greeted("/ws/relayed");
    client.send("☕");
    await client.next();
    client.close(4001, "not for the log");
    const line = await lineOf(client);
    expect(line).toMatchObject({ status: 101, route: "GET /ws/relayed" });
    expect(line.websocket).toEqual({
      by: "client",
      code: 4001,
      fromClient: { messages: 1, bytes: 3 },
      fromUpstream: { messages: 2, bytes: "hello /ws/relayed".length + 3 },
    });
  });

  it("ends on both sides when nothing passes", async () => {
    const client = await greeted("/ws/idle");
    client.ping();
    expect(await client.next()).toEqual({ closed: 1001, reason: "idle" });
    expect(await farewell("/ws/idle")).toEqual([1001, "idle"]);
    expect((await lineOf(client)).websocket).toMatchObject({ by: "gateway", code: 1001, reason: "idle" });
  });

  it("ends when it has lasted as long as it may", async () => {
    const client = await greeted("/ws/short");
    expect(await client.next()).toEqual({ closed: 1001, reason: "longest duration reached" });
    await gone("/ws/short");
  });

  it("ends with the credential that it was opened with", async () => {
    const exp = Date.now() / 1_000 + 0.4;
    const token = await signWithSecret(PARTNER_SECRET, { ...goodClaims(), iss: PARTNER, exp });
    expect(await ask("/ws/own")).toMatchObject({ status: 401 });
    const client = await greeted("/ws/own", bearing(token));
    expect(await client.next()).toEqual({ closed: 1008, reason: "credential expired" });
    expect(await farewell("/ws/own")).toEqual([1008, "credential expired"]);
    expect(Date.now() / 1_000).toBeGreaterThanOrEqual(exp);
  });
});

describe("a flood", () => {
  it("of messages ends it, and no more of them pass", async () => {
    const client = await greeted("/ws/slow");
    for (const text of ["1", "2", "3", "4", "5", "6"]) client.send(text);
    const heard: Heard[] = [];
    do heard.push(await client.next());
    while (!("closed" in heard.at(-1)!));
    expect(heard.slice(0, -1).length).toBeLessThanOrEqual(3);
    expect(heard.at(-1)).toEqual({ closed: 1008, reason: "too many messages" });
    expect(await farewell("/ws/slow")).toEqual([1008, "too many messages"]);
    const line = await lineOf(client);
    expect(line).toMatchObject({ status: 101, code: "rate-limited", fault: "client" });
    expect(line.websocket).toMatchObject({ by: "gateway", fromClient: { messages: 3, bytes: 3 } });
  });

  it.each([
    ["text", "é".repeat(501)],
    ["bytes", Buffer.alloc(1_001)],
  ])("of %s in one message ends it", async (_, message) => {
    const client = await greeted("/ws/small");
    const fits = typeof message === "string" ? "é".repeat(500) : Buffer.alloc(1_000);
    client.send(fits);
    await client.next();
    client.send(message);
    expect(await client.next()).toEqual({ closed: 1009, reason: "message too large" });
    expect(await farewell("/ws/small")).toEqual([1009, "message too large"]);
    expect(await lineOf(client)).toMatchObject({ code: "body-too-large", fault: "client" });
  });

  it("of messages that nobody takes is ended by its number, whoever keeps silent", async () => {
    const client = await connect("/ws/slow?deaf");
    await client.next();
    for (let count = 0; count < 200; count++) client.send(Buffer.alloc(60_000));
    expect(await client.next()).toEqual({ closed: 1008, reason: "too many messages" });
  });
});

describe("a client that keeps silent when it is told to close", () => {
  const handshake = (path: string) =>
    [
      `GET ${path} HTTP/1.1`,
      "Host: a",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      "\r\n",
    ].join("\r\n");

  it("is dropped, whoever told it and however much it goes on to send", async () => {
    const dropped = async (path: string, says: readonly string[], lastWord: string) => {
      const connection = new RawConnection(served.gateway.port);
      const say = (text: string) =>
        connection.write(writeFrame({ opcode: TEXT, payload: Buffer.from(text) }, Buffer.alloc(4)));
      connection.write(handshake(path));
      await connection.until((received) => received.includes(`hello ${path}`));
      for (const text of says) say(text);
      await connection.until((received) => received.endsWith(lastWord));
      const more = setInterval(() => say("more"), 10);
      try {
        expect((await connection.ended()).endsWith(lastWord)).toBe(true);
      } finally {
        clearInterval(more);
      }
    };
    await Promise.all([
      dropped("/ws/short", [], "longest duration reached"),
      dropped("/ws/relayed", ["!close 4002 over"], "over"),
    ]);
  });
});

describe("a client that takes nothing", () => {
  it("piles up no more than may pass in all", async () => {
    const client = await greeted("/ws/much");
    client.pause();
    for (let count = 0; count < 100; count++) client.send(Buffer.alloc(100_000));
    const { websocket } = await lineOf(client);
    expect(websocket).toMatchObject({ by: "gateway", code: 1001, reason: "most bytes reached" });
    const { fromClient, fromUpstream } = websocket!;
    expect(Math.max(fromClient.bytes, fromUpstream.bytes)).toBe(1_000_000);
    expect(await farewell("/ws/much")).toEqual([1001, "most bytes reached"]);
    client.drop("reset");
  });
});

describe("an upstream that takes nothing", () => {
  it("holds its client back where nothing bounds the connection, and memory stays flat", async () => {
    const client = await greeted("/ws/plain?deaf");
    const growth = await growthDuring(served.gateway.pid, async () => {
      for (let count = 0; count < 1_000 && client.takes; count++) {
        client.send(Buffer.alloc(100_000));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    expect(client.takes).toBe(false);
    expect(growth).toBeLessThan(32 * 1_024 * 1_024);
    client.drop("reset");
  });
});

describe("on trial", () => {
  it("a connection is made and kept, and the log says once of each what would have been refused", async () => {
    const client = await greeted("/ws/trial", {
      origin: "https://evil.example",
      "sec-websocket-protocol": "v9.chat",
    });
    for (const text of ["longer than ten bytes", "too", "many", "longer than ten bytes"]) {
      client.send(text);
      expect(await client.next()).toEqual({ text });
    }
    client.close(1000);
    const line = await lineOf(client);
    expect(line).not.toHaveProperty("code");
    expect(line.reported).toEqual([
      { policy: "websocket", code: "origin-not-allowed" },
      {
        policy: "websocket",
        code: "subprotocol-required",
        reason: "Offer one of v1.chat in Sec-WebSocket-Protocol.",
      },
      { policy: "websocket", code: "body-too-large", reason: "message too large" },
      { policy: "websocket", code: "rate-limited", reason: "too many messages" },
    ]);
    const [request] = await served.origin.requests("/ws/trial");
    expect(request!.headers).toContainEqual([expect.anything(), "v9.chat"]);
  });
});
