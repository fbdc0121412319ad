import { expect, it } from "vitest";
import { isWebSocketUpgrade } from "../../src/http/websocket.ts";

it.each([
  [{ upgrade: "websocket" }, true],
  [{ upgrade: "WebSocket" }, true],
  [{ upgrade: "h2c" }, false],
  [{ connection: "upgrade" }, false],
  [{}, false],
])("%j: %j", (headers, expected) => {
  expect(isWebSocketUpgrade(new Headers(headers))).toBe(expected);
});
