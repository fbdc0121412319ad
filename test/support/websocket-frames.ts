// Frames of RFC 6455 §5.2, as both ends of a test's connection write and read them.

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** A whole frame: tests do not send messages in parts. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Reads frames off a connection as their bytes come. */
export class FrameReader {
  #pending = Buffer.alloc(0);

  /** The frames that are whole by now. */
  take(bytes: Buffer): Frame[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    const bytes = this.#pending;
    if (bytes.length < 2) return undefined;
    const short = bytes[1]! & 127;
    const masked = (bytes[1]! & 128) !== 0;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = 2 + extended + (masked ? 4 : 0);
    if (bytes.length < start) return undefined;
    const size =
      extended === 2 ? bytes.readUInt16BE(2) : extended === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + size) return undefined;
    const payload = Buffer.from(bytes.subarray(start, start + size));
    if (masked) applyMask(payload, bytes.subarray(start - 4, start));
    this.#pending = bytes.subarray(start + size);
    return { opcode: bytes[0]! & 15, payload };
  }
}

/** A frame as a server writes it or, masked, as a client must. */
export function writeFrame({ opcode, payload }: Frame, mask?: Buffer): Buffer {
  const size = payload.length;
  const extended = Buffer.alloc(size < 126 ? 0 : size < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(size);
  else if (extended.length === 8) extended.writeBigUInt64BE(BigInt(size));
  const short = extended.length === 0 ? size : extended.length === 2 ? 126 : 127;
  const head = Buffer.from([128 | opcode, (mask === undefined ? 0 : 128) | short]);
  if (mask === undefined) return Buffer.concat([head, extended, payload]);
  const masked = Buffer.from(payload);
  applyMask(masked, mask);
  return Buffer.concat([head, extended, mask, masked]);
}

/** What a Close frame says (RFC 6455 §5.5.1): 1005 where it says nothing. */
export function closeOf(payload: Buffer): { readonly code: number; readonly reason: string } {
  if (payload.length < 2) return { code: 1005, reason: "" };
  return { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
}

/** A Close frame's payload; empty without a code. */
export function closePayload(code?: number, reason = ""): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return Buffer.concat([payload, Buffer.from(reason)]);
}

function applyMask(payload: Buffer, mask: Buffer): void {
  for (let at = 0; at < payload.length; at++) payload[at]! ^= mask[at & 3]!;
}
