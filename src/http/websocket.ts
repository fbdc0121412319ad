/** Whether request headers ask for an upgrade to WebSocket (RFC 6455 §4.2.1). */
export function isWebSocketUpgrade(headers: Headers): boolean {
  const upgrade = headers.get("upgrade");
  return upgrade !== null && upgrade.toLowerCase() === "websocket";
}
