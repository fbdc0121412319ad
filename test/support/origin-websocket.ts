import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  CLOSE,
  closeOf,
  closePayload,
  FrameReader,
  PING,
  PONG,
  TEXT,
  writeFrame,
} from "./websocket-frames.ts";

/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * Accepts a WebSocket, says hello and sends every message back. `?protocol=` is the subprotocol that it chooses,
 * with `?deaf` it reads nothing. A text that begins with `!` is an order: `!close 4001 bye`, `!close`, `!drop`.
 * @param told called with what a Close frame of the other side says.
 */
export function echoWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  told: (close: { readonly code: number; readonly reason: string }) => void,
): void {
  const { searchParams } = new URL(request.url ?? "", "http://origin");
  const accept = createHash("sha1")
    .update((request.headers["sec-websocket-key"] ?? "") + GUID)
    .digest("base64");
  const fields = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
  const protocol = searchParams.get("protocol");
  if (protocol !== null) fields.push(`Sec-WebSocket-Protocol: ${protocol}`);
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields.join("\r\n")}\r\n\r\n`);
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.end());
  const say = (opcode: number, payload: Buffer) => socket.write(writeFrame({ opcode, payload }));
  // The first word is the origin's, so that a test sees frames go both ways by themselves.
  say(TEXT, Buffer.from(`hello ${request.url}`));
  if (searchParams.has("deaf")) return;

  let closing = false;
  const obey = (order: string) => {
    const [, verb, code, reason] = /^!(\w+) ?(\d*) ?(.*)$/.exec(order) ?? [];
    if (verb === "drop") socket.destroy();
    else {
      closing = true;
      say(CLOSE, closePayload(code === "" ? undefined : Number(code), reason));
    }
  };
  const reader = new FrameReader();
  socket.on("data", (bytes: Buffer) => {
    for (const { opcode, payload } of reader.take(bytes)) {
      if (opcode === CLOSE) {
        told(closeOf(payload));
        if (!closing) say(CLOSE, payload);
        socket.end();
      } else if (opcode === TEXT && payload[0] === 0x21) obey(payload.toString());
      else say(opcode === PING ? PONG : opcode, payload);
    }
  });
}
