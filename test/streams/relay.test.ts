import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { latestEnd } from "../../src/streams/latest-end.ts";
import { type RelayRules, relay } from "../../src/streams/relay.ts";
import { FLOOD, OVERSIZE, type SocketBounds } from "../../src/streams/socket-rules.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** One end of a connection, and what it has heard. */
class End {
  readonly socket: WebSocket;
  readonly #heard: unknown[] = [];
  #next: ((heard: unknown) => void) | undefined;

  /** @param answersClose whether it closes too when it is told to; a socket does of itself. */
  constructor(socket: WebSocket, answersClose: boolean) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#hear(data));
    socket.addEventListener("close", ({ code, reason }) => this.#hear([code, reason]));
    socket.accept({ allowHalfOpen: !answersClose });
  }

  next(): Promise<unknown> {
    if (this.#heard.length > 0) return Promise.resolve(this.#heard.shift());
    return new Promise((resolve) => {
      this.#next = resolve;
    });
  }

  #hear(heard: unknown): void {
    const next = this.#next;
    this.#next = undefined;
    if (next === undefined) this.#heard.push(heard);
    else next(heard);
  }
}

/** A client and an upstream with a relay between them. */
function relayed(bounds: Partial<SocketBounds> = {}, rules: Partial<RelayRules> = {}, answersClose = true) {
  const [near, client] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
  const [far, upstream] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
  const end = relay(client, upstream, {
    bounds: {
      idle: Number.POSITIVE_INFINITY,
      end: latestEnd(undefined, undefined, 0),
      maxMessage: Number.POSITIVE_INFINITY,
      maxBytes: Number.POSITIVE_INFINITY,
      messagesPerSecond: Number.POSITIVE_INFINITY,
      ...bounds,
    },
    enforces: () => true,
    abandon: () => {},
    now: () => Date.now(),
    ...rules,
  });
  return { client: new End(near, answersClose), upstream: new End(far, answersClose), end };
}

describe("a relay", () => {
  it("passes text and bytes both ways and counts them", async () => {
    const { client, upstream, end } = relayed();
    client.socket.send("☕");
    expect(await upstream.next()).toBe("☕");
    upstream.socket.send(new Uint8Array([1, 2]).buffer);
    expect(new Uint8Array((await client.next()) as ArrayBuffer)).toEqual(new Uint8Array([1, 2]));
    client.socket.close(4001, "bye");
    expect(await upstream.next()).toEqual([4001, "bye"]);
    expect(await end).toEqual({
      by: "client",
      code: 4001,
      reason: "bye",
      fromClient: { messages: 1, bytes: 3 },
      fromUpstream: { messages: 1, bytes: 2 },
    });
  });

  it("passes the upstream's close on, and one that says nothing as one that says nothing", async () => {
    for (const [say, hears] of [
      [
        [4002, "over"],
        [4002, "over"],
      ],
      [[], [1005, ""]],
    ] as Array<[[number?, string?], unknown]>) {
      const { client, upstream, end } = relayed();
      upstream.socket.close(...say);
      expect(await client.next()).toEqual(hears);
      expect(await end).toMatchObject({ by: "upstream" });
    }
  });
});

describe("a relay that is bounded", () => {
  it("ends on both sides when neither says anything", async () => {
    const { client, upstream, end } = relayed({ idle: 1_000 });
    for (const speaker of [client, upstream]) {
      await vi.advanceTimersByTimeAsync(900);
      speaker.socket.send("still here");
      await (speaker === client ? upstream : client).next();
    }
    await vi.advanceTimersByTimeAsync(999);
    client.socket.send("and here");
    expect(await upstream.next()).toBe("and here");
    await vi.advanceTimersByTimeAsync(1_000);
    expect([await client.next(), await upstream.next()]).toEqual([
      [1001, "idle"],
      [1001, "idle"],
    ]);
    expect(await end).toMatchObject({ by: "gateway", code: 1001, reason: "idle" });
  });

  it("ends with the credential, however much is said", async () => {
    const end = latestEnd({ expiresAt: Date.now() + 2_000 }, undefined, Date.now());
    const { client, upstream, ...relay } = relayed({ idle: 1_000, end });
    for (let count = 0; count < 3; count++) {
      await vi.advanceTimersByTimeAsync(600);
      client.socket.send("more");
      await upstream.next();
    }
    await vi.advanceTimersByTimeAsync(200);
    expect([await client.next(), await upstream.next()]).toEqual([
      [1008, "credential expired"],
      [1008, "credential expired"],
    ]);
    expect(await relay.end).toMatchObject({ by: "gateway", code: 1008 });
  });

  it("does not begin where the credential has ended by then", async () => {
    const end = latestEnd({ expiresAt: Date.now() }, undefined, Date.now());
    const { client, upstream, ...relay } = relayed({ end });
    client.socket.send("too late");
    expect([await client.next(), await upstream.next()]).toEqual([
      [1008, "credential expired"],
      [1008, "credential expired"],
    ]);
    expect(await relay.end).toMatchObject({ fromClient: { messages: 0, bytes: 0 } });
  });

  it("passes as many messages of the client as it may send, and ends with the next", async () => {
    const { client, upstream, end } = relayed({ messagesPerSecond: 2 });
    for (const text of ["1", "2", "3", "4"]) client.socket.send(text);
    expect([await upstream.next(), await upstream.next(), await upstream.next()]).toEqual([
      "1",
      "2",
      [1008, "too many messages"],
    ]);
    expect(await client.next()).toEqual([1008, "too many messages"]);
    expect(await end).toMatchObject({ by: "gateway", fromClient: { messages: 2, bytes: 2 } });
  });

  it("lets the upstream send as many as it likes", async () => {
    const { client, upstream } = relayed({ messagesPerSecond: 1 });
    for (const text of ["1", "2", "3"]) upstream.socket.send(text);
    expect([await client.next(), await client.next(), await client.next()]).toEqual(["1", "2", "3"]);
  });

  it.each(["client", "upstream"] as const)(
    "ends with a message of the %s that is too large",
    async (side) => {
      const { client, upstream, end } = relayed({ maxMessage: 3 });
      const [from, to] = side === "client" ? [client, upstream] : [upstream, client];
      from.socket.send("☕");
      expect(await to.next()).toBe("☕");
      from.socket.send("☕.");
      expect([await client.next(), await upstream.next()]).toEqual([
        [1009, "message too large"],
        [1009, "message too large"],
      ]);
      expect(await end).toMatchObject({ by: "gateway", code: 1009 });
    },
  );

  it("lets pass what is not enforced, and says what it was", async () => {
    const enforces = vi.fn(() => false);
    const { client, upstream } = relayed({ maxMessage: 3, messagesPerSecond: 2 }, { enforces });
    for (const text of ["long one", "2", "3", "4"]) {
      client.socket.send(text);
      expect(await upstream.next()).toBe(text);
    }
    expect(enforces.mock.calls).toEqual([[OVERSIZE], [FLOOD]]);
  });

  it.each(["client", "upstream"] as const)(
    "ends when as many bytes of the %s have passed as may, and no more do",
    async (side) => {
      const { client, upstream, end } = relayed({ maxBytes: 6 });
      const [from, to] = side === "client" ? [client, upstream] : [upstream, client];
      for (const text of ["☕", "☕", "."]) from.socket.send(text);
      expect([await to.next(), await to.next()]).toEqual(["☕", "☕"]);
      expect([await from.next(), await to.next()]).toEqual([
        [1001, "most bytes reached"],
        [1001, "most bytes reached"],
      ]);
      expect(await end).toMatchObject({ by: "gateway", code: 1001 });
    },
  );

  it("counts the bytes of each way by themselves", async () => {
    const { client, upstream } = relayed({ maxBytes: 3 });
    client.socket.send("123");
    upstream.socket.send("456");
    expect([await upstream.next(), await client.next()]).toEqual(["123", "456"]);
  });
});

describe("a side that is told to close", () => {
  it("and does is not abandoned", async () => {
    const abandon = vi.fn();
    const { client, upstream } = relayed({ idle: 1_000 }, { abandon });
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all([client.next(), upstream.next()]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(abandon).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("by the gateway and does not is abandoned after five seconds", async () => {
    const abandon = vi.fn();
    const { client, upstream } = relayed({ idle: 1_000 }, { abandon }, false);
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all([client.next(), upstream.next()]);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(abandon).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(abandon).toHaveBeenCalledOnce();
  });

  it("by the other side and does not is abandoned too", async () => {
    const abandon = vi.fn();
    const { client, upstream } = relayed({}, { abandon }, false);
    upstream.socket.close(4002, "over");
    expect(await client.next()).toEqual([4002, "over"]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(abandon).toHaveBeenCalledOnce();
  });
});
