/** The one version there is (RFC 6455 §4.1). */
export const WEBSOCKET_VERSION = "13";

/** A nonce of 16 bytes in base64 (RFC 6455 §4.1). */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** Whether request headers ask for an upgrade to WebSocket (RFC 6455 §4.2.1). */
export function isWebSocketUpgrade(headers: Headers): boolean {
  const upgrade = headers.get("upgrade");
  return upgrade !== null && upgrade.toLowerCase() === "websocket";
}

/**
 * What is wrong with the handshake of an upgrade. A field that is not there is not looked for: over HTTP/2 and from
 * one Worker to another there is none, and over HTTP/1.1 the runtime asks for it.
 */
export function handshakeFault(headers: Headers): "version" | "key" | undefined {
  const version = headers.get("sec-websocket-version");
  if (version !== null && version !== WEBSOCKET_VERSION) return "version";
  const key = headers.get("sec-websocket-key");
  return key === null || KEY.test(key) ? undefined : "key";
}

/** The subprotocols that a client offers or, in an answer, the one that a server has chosen (RFC 6455 §11.3.4). */
export function subprotocols(headers: Headers): readonly string[] {
  const value = headers.get("sec-websocket-protocol");
  return value === null ? [] : value.split(",").map((name) => name.trim());
}

/** Whether an endpoint may send a Close frame with this status code (RFC 6455 §7.4). */
export function isSendableCloseCode(code: number): boolean {
  return code >= 1000 && code <= 4999 && ![1004, 1005, 1006, 1015].includes(code);
}
