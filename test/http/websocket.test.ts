import { describe, expect, it } from "vitest";
import {
  handshakeFault,
  isSendableCloseCode,
  isWebSocketUpgrade,
  subprotocols,
} from "../../src/http/websocket.ts";

it.each([
  [{ upgrade: "websocket" }, true],
  [{ upgrade: "WebSocket" }, true],
  [{ upgrade: "h2c" }, false],
  [{ connection: "upgrade" }, false],
  [{}, false],
])("%j asks for an upgrade: %j", (headers, expected) => {
  expect(isWebSocketUpgrade(new Headers(headers))).toBe(expected);
});

describe("a handshake", () => {
  const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  it.each([
    [{}, undefined],
    [{ "sec-websocket-version": "13", "sec-websocket-key": KEY }, undefined],
    [{ "sec-websocket-version": "8", "sec-websocket-key": "x" }, "version"],
    [{ "sec-websocket-version": "13, 8" }, "version"],
    [{ "sec-websocket-version": "" }, "version"],
    [{ "sec-websocket-key": "" }, "key"],
    [{ "sec-websocket-key": KEY.slice(1) }, "key"],
    [{ "sec-websocket-key": `${KEY}=` }, "key"],
    [{ "sec-websocket-key": KEY.replace("Q==", "R==") }, "key"],
    [{ "sec-websocket-key": KEY.replace("d", "-") }, "key"],
  ] as Array<[Record<string, string>, string | undefined]>)("of %j lacks %j", (headers, fault) => {
    expect(handshakeFault(new Headers(headers))).toBe(fault);
  });
});

it.each([
  [undefined, []],
  ["chat", ["chat"]],
  ["v2.chat,v1.chat ,  x", ["v2.chat", "v1.chat", "x"]],
  ["", [""]],
])("%j offers %j", (value, offered) => {
  expect(subprotocols(new Headers(value === undefined ? {} : { "sec-websocket-protocol": value }))).toEqual(
    offered,
  );
});

it("a Close frame can have the codes that are not for those who find none", () => {
  const codes = [999, 1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 1016, 2999, 3000, 4999, 5000];
  expect(codes.filter(isSendableCloseCode)).toEqual([1000, 1003, 1007, 1014, 1016, 2999, 3000, 4999]);
});
