import { describe, expect, it } from "vitest";
import { check, options, type WebSocketOptions } from "../../../src/policies/personalise/websocket.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { ADA, asAda, gatewayOf, NOW } from "../../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });
const forward = { upstream: service };
const UPGRADE = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" };

/** An upstream that accepts, and its end of the connection. */
function accepting(headers: Readonly<Record<string, string>> = {}) {
  const [near, far] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
  far.accept();
  const origin = () => new Response(null, { status: 101, webSocket: near, headers });
  return { near, far, origin };
}

/** Asks a WebSocket route for an upgrade. */
async function upgrade(
  websocket: WebSocketOptions,
  fields: Readonly<Record<string, string>> = {},
  given = accepting(),
) {
  const gateway = gatewayOf({ "GET /x": { access: "public", websocket, forward } }, given);
  const answer = await gateway.begin("/x", { headers: { ...UPGRADE, ...fields } });
  const code = answer.status === 101 ? undefined : ((await answer.json()) as { code: string }).code;
  return { ...gateway, ...given, answer, outcome: [answer.status, code] };
}

const closeOf = (socket: WebSocket) =>
  new Promise((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve([code, reason]));
  });

describe("websocket", () => {
  it("takes true, or what bounds it", () => {
    expect(options().parse(true)).toEqual({ mode: "enforce" });
    expect(
      options().parse({
        origins: "*",
        protocols: ["a"],
        maxMessage: "1KB",
        messagesPerSecond: 5,
        maxBytes: "1GB",
        idle: "1s",
      }),
    ).toEqual({
      origins: "*",
      protocols: ["a"],
      maxMessage: 1_000,
      messagesPerSecond: 5,
      maxBytes: 1_000_000_000,
      idle: 1_000,
      mode: "enforce",
    });
    const wrong = [
      false,
      { origins: [] },
      { origins: ["shop.example"] },
      { protocols: [] },
      { protocols: ["a, b"] },
      { maxMessage: "33MiB" },
      { messagesPerSecond: 0 },
      { messagesPerSecond: 1.5 },
      { idle: "0s" },
      { pings: true },
    ];
    for (const value of wrong) expect([value, options().safeParse(value).success]).toEqual([value, false]);
    expect(check({ mode: "enforce" }, { method: "GET" })).toEqual([]);
    for (const method of ["POST", "ANY", "HEAD"]) {
      expect(check({ mode: "enforce" }, { method })).toHaveLength(1);
    }
    expect(check({ mode: "enforce", maxMessage: 11, maxBytes: 10 }, { method: "GET" })).toHaveLength(1);
  });

  it("is passed through untouched where nothing bounds it", async () => {
    const { answer, near } = await upgrade({ origins: "*" });
    expect(answer.webSocket).toBe(near);
  });

  it.each([{ maxMessage: "1KB" }, { messagesPerSecond: 5 }, { idle: "1s" }, { maxDuration: "1h" }])(
    "is relayed where %j does, with what was agreed on but for what is the upstream's own",
    async (websocket) => {
      const agreed = {
        "sec-websocket-protocol": "v1",
        "sec-websocket-accept": "its own",
        "sec-websocket-extensions": "permessage-deflate",
        "x-own": "yes",
      };
      const { answer, near, far } = await upgrade(websocket, {}, accepting(agreed));
      const client = answer.webSocket!;
      expect(client).not.toBe(near);
      const names = ["sec-websocket-protocol", "x-own", "sec-websocket-accept", "sec-websocket-extensions"];
      expect(names.map((name) => answer.headers.get(name))).toEqual(["v1", "yes", null, null]);
      client.accept();
      const closed = closeOf(far);
      client.close(4001, "bye");
      expect(await closed).toEqual([4001, "bye"]);
    },
  );

  it("is relayed where its caller's credential ends, and ends with it", async () => {
    const given = { ...accepting(), identity: { ...ADA, expiresAt: NOW } };
    const { begin, settled, lines } = gatewayOf(
      { "GET /x": { access: asAda, websocket: true, forward } },
      given,
    );
    const { webSocket } = await begin("/x", { headers: { ...UPGRADE, authorization: "any" } });
    const closed = closeOf(webSocket!);
    webSocket!.accept();
    expect(await closed).toEqual([1008, "credential expired"]);
    await settled();
    expect(lines[0]).toMatchObject({
      status: 101,
      websocket: { by: "gateway", code: 1008, reason: "credential expired" },
    });
  });

  it.each([
    ["no upgrade", { upgrade: "" }, 426, "upgrade-required"],
    ["another", { upgrade: "h2c" }, 426, "upgrade-required"],
    ["another version", { "sec-websocket-version": "8" }, 426, "upgrade-required"],
    ["two versions", { "sec-websocket-version": "13, 8" }, 426, "upgrade-required"],
    ["a key that is none", { "sec-websocket-key": "c2hvcnQ=" }, 400, "malformed-header"],
  ])("refuses %s, on trial too", async (_, fields, status, code) => {
    for (const mode of ["enforce", "report"] as const) {
      const { outcome, sent } = await upgrade({ mode }, fields);
      expect(outcome).toEqual([status, code]);
      expect(sent).toEqual([]);
    }
  });

  it("carries 64 MB either way where it is relayed, unless told otherwise", async () => {
    for (const [maxBytes, reason] of [
      [undefined, "most bytes reached"],
      ["1GB", "enough"],
    ] as const) {
      const { answer, far } = await upgrade({ maxDuration: "1h", ...(maxBytes && { maxBytes }) });
      const client = answer.webSocket!;
      const heard: number[] = [];
      client.binaryType = "arraybuffer";
      client.addEventListener("message", ({ data }) => heard.push((data as ArrayBuffer).byteLength));
      const closed = closeOf(client);
      client.accept();
      for (let count = 0; count < 3; count++) far.send(new ArrayBuffer(32_000_000));
      far.close(1001, "enough");
      expect(await closed).toEqual([1001, reason]);
      expect(heard).toHaveLength(maxBytes === undefined ? 2 : 3);
    }
  });

  it("lets pages of the request's own web origin in, to the scheme and the port", async () => {
    for (const [origin, status] of [
      ["https://api.example", 101],
      ["http://api.example", 403],
      ["https://api.example:8443", 403],
      ["https://api.example.evil", 403],
      ["null", 403],
      ["", 403],
    ] as const) {
      const { outcome } = await upgrade(true, { origin });
      expect([origin, outcome[0]]).toEqual([origin, status]);
    }
  });

  it("asks no more of the client than one subprotocol that is spoken", async () => {
    const protocols = ["v1", "v2"];
    for (const [offer, outcome] of [
      ["v2", [101, undefined]],
      ["v9 , v1", [101, undefined]],
      ["V1", [400, "subprotocol-required"]],
      ["v", [400, "subprotocol-required"]],
      ["", [400, "subprotocol-required"]],
    ] as const) {
      expect((await upgrade({ protocols }, { "sec-websocket-protocol": offer })).outcome).toEqual(outcome);
    }
    const { sent } = await upgrade({ protocols }, { "sec-websocket-protocol": "v9,v2,v1" });
    expect(sent[0]!.headers.get("sec-websocket-protocol")).toBe("v2, v1");
  });

  it("closes on an upstream that chooses what it was not offered", async () => {
    const given = accepting({ "sec-websocket-protocol": "v9" });
    const closed = closeOf(given.far);
    const { outcome } = await upgrade({ protocols: ["v1"] }, { "sec-websocket-protocol": "v1" }, given);
    expect(outcome).toEqual([502, "upstream-invalid"]);
    expect(await closed).toEqual([1002, "a subprotocol that was not offered"]);
  });

  it("may be a handler's own", async () => {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    server.accept();
    const { begin } = gatewayOf({
      "GET /x": {
        access: "public",
        websocket: { maxMessage: "1KB" },
        handler: () => new Response(null, { status: 101, webSocket: client }),
      },
    });
    const answer = await begin("/x", { headers: UPGRADE });
    expect(answer.status).toBe(101);
    const closed = closeOf(server);
    answer.webSocket!.accept();
    answer.webSocket!.send("x".repeat(1_001));
    expect(await closed).toEqual([1009, "message too large"]);
  });
});
