// The origin, a child process: a raw socket server that pours bodies, counts bodies and echoes WebSocket messages.
import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";

export interface OriginReport {
  readonly listening: number;
}

/** Query of a GET: so many bytes are poured. */
export const POURED = "bytes";

const PIECE = Buffer.alloc(65_536, "x");
/** RFC 6455 §1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const field = (head: string, name: string) => new RegExp(`^${name}: *(.*)\r$`, "im").exec(head)?.[1];

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  let pending = Buffer.alloc(0);
  socket.on("data", function read(bytes: Buffer) {
    pending = Buffer.concat([pending, bytes]);
    const end = pending.indexOf("\r\n\r\n");
    if (end < 0) return;
    socket.off("data", read);
    const head = pending.toString("latin1", 0, end + 2);
    answer(socket, head, pending.subarray(end + 4));
  });
}

function answer(socket: Socket, head: string, first: Buffer): void {
  const key = field(head, "sec-websocket-key");
  if (key !== undefined) echo(socket, key, first);
  else if (head.startsWith("POST ")) count(socket, head, first);
  else pour(socket, Number(new RegExp(`[?&]${POURED}=(\\d+)`).exec(head)?.[1] ?? 0));
}

/** One answer to a connection. */
function pour(socket: Socket, size: number): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`);
  let left = size;
  const pourOn = () => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      if (!socket.write(piece)) return;
    }
    socket.end();
  };
  socket.on("drain", pourOn);
  pourOn();
}

/** Counts a body with a length, or in chunks to the last of them, and answers with the bytes that came. */
function count(socket: Socket, head: string, first: Buffer): void {
  const length = Number(field(head, "content-length"));
  let size = 0;
  const take = (bytes: Buffer) => {
    size += bytes.length;
    if (size < length) return;
    const text = String(size);
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
  };
  take(first);
  socket.on("data", take);
}

/** Sends every message back. Understands masked frames of fewer than 126 bytes (RFC 6455 §5.2). */
function echo(socket: Socket, key: string, first: Buffer): void {
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n\r\n`);
  let pending = first;
  socket.on("data", (bytes: Buffer) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    while (pending.length >= 6) {
      const size = pending[1]! & 127;
      const end = 6 + size;
      if (pending.length < end) return;
      const frame = Buffer.allocUnsafe(2 + size);
      frame[0] = pending[0]!;
      frame[1] = size;
      for (let at = 0; at < size; at++) frame[2 + at] = pending[6 + at]! ^ pending[2 + (at & 3)]!;
      socket.write(frame);
      pending = pending.subarray(end);
    }
  });
  socket.on("end", () => socket.end());
}

// Only as a child process: the benchmark imports the constant above.
if (process.send !== undefined && import.meta.main) {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address) process.send?.({ listening: address.port });
  });
  process.on("disconnect", () => process.exit());
}
