import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Accepts a WebSocket and sends every frame back; frames are short and whole, as tests send them. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex): void {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  const fields = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields.join("\r\n")}\r\n\r\n`);
  socket.on("error", () => socket.destroy());
  let pending = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    for (let frame = readFrame(pending); frame !== undefined; frame = readFrame(pending)) {
      pending = pending.subarray(frame.length);
      socket.write(writeFrame(frame.opcode === PING ? PONG : frame.opcode, frame.payload));
      if (frame.opcode === CLOSE) socket.end();
    }
  });
  // The first word is the origin's, so that a test sees frames go both ways by themselves.
  socket.write(writeFrame(TEXT, Buffer.from(`hello ${request.url}`)));
}

/** A client's frame (RFC 6455 §5.2): masked. Undefined until all of it is there. */
function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 127;
  const extended = short === 126 ? 2 : 0;
  const start = 2 + extended + 4;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < start + size) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, start + size).map((byte, at) => byte ^ mask[at % 4]!));
  return { opcode: bytes[0]! & 15, payload, length: start + size };
}

function writeFrame(opcode: number, payload: Buffer): Buffer {
  const size = Buffer.alloc(payload.length < 126 ? 1 : 3, 126);
  if (payload.length < 126) size[0] = payload.length;
  else size.writeUInt16BE(payload.length, 1);
  return Buffer.concat([Buffer.from([128 | opcode]), size, payload]);
}
