import { connect, type Socket } from "node:net";

/** One complete answer, as far as the benchmark looks at it. */
export interface Answer {
  readonly status: number;
  /** Status line and header fields as received. */
  readonly head: string;
  readonly body: Buffer;
  /** Bytes of the whole answer. */
  readonly size: number;
}

const END_OF_HEAD = "\r\n\r\n";

/**
 * Reads one HTTP/1.1 answer from the start of `bytes`, or gives undefined while it is not all there.
 * Understands content-length and chunked bodies (RFC 9112 §6); meant for small answers.
 */
export function parseAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(END_OF_HEAD);
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd + 2);
  const bodyStart = headEnd + END_OF_HEAD.length;
  const status = Number(head.slice(9, 12));

  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const size = bodyStart + Number(length);
    return bytes.length < size ? undefined : { status, head, body: bytes.subarray(bodyStart, size), size };
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const chunks = parseChunks(bytes, bodyStart);
    return chunks && { status, head, ...chunks };
  }
  return { status, head, body: bytes.subarray(0, 0), size: bodyStart };
}

function parseChunks(bytes: Buffer, start: number): Pick<Answer, "body" | "size"> | undefined {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const length = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const dataStart = lineEnd + 2;
    at = dataStart + length + 2;
    if (bytes.length < at) return undefined;
    if (length === 0) return { body: Buffer.concat(parts), size: at };
    parts.push(bytes.subarray(dataStart, dataStart + length));
  }
}

/** The bytes of a GET request. */
export function requestBytes(port: number, path: string, headers: Readonly<Record<string, string>>): string {
  const fields = Object.entries({ host: `127.0.0.1:${port}`, ...headers });
  return `GET ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** A kept-alive connection with one request in flight at most. */
export class Connection {
  readonly #socket: Socket;
  #pending: Buffer | undefined;
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
  }

  /** Connects to a port of this machine. */
  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Sends the bytes of one request; resolves with its answer. */
  exchange(bytes: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#settle = { resolve, reject };
      this.#socket.write(bytes, "latin1");
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    const all = this.#pending ? Buffer.concat([this.#pending, bytes]) : bytes;
    const answer = parseAnswer(all);
    if (answer === undefined) {
      this.#pending = all;
      return;
    }
    this.#pending = undefined;
    if (answer.size < all.length) {
      this.#fail(new Error("more bytes than the answer announced"));
      return;
    }
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#settle?.reject(this.#failure);
    this.#settle = undefined;
    this.#socket.destroy();
  }
}
