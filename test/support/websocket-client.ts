import { randomBytes } from "node:crypto";
import { request } from "node:http";
import type { Socket } from "node:net";
import {
  BINARY,
  CLOSE,
  closeOf,
  closePayload,
  FrameReader,
  PING,
  TEXT,
  writeFrame,
} from "./websocket-frames.ts";

/** How long a test waits for what must come. */
const PATIENCE_MS = 8_000;

/** What came: a text, bytes, or how the other side closed. `dropped` where it went without a word. */
export type Heard =
  | { readonly text: string }
  | { readonly bytes: Buffer }
  | { readonly closed: number; readonly reason: string }
  | { readonly dropped: true };

/** A WebSocket client that sets what header fields it likes, which browsers and Node's own do not. */
export class WebSocketClient {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly #socket: Socket;
  readonly #heard: Heard[] = [];
  #waiting: ((heard: Heard) => void) | undefined;

  constructor(socket: Socket, headers: WebSocketClient["headers"], first: Buffer) {
    this.headers = headers;
    this.#socket = socket;
    const reader = new FrameReader();
    const take = (bytes: Buffer) => {
      for (const { opcode, payload } of reader.take(bytes)) {
        if (opcode === TEXT) this.#hear({ text: payload.toString() });
        else if (opcode === BINARY) this.#hear({ bytes: payload });
        else if (opcode === CLOSE) {
          const { code, reason } = closeOf(payload);
          this.#hear({ closed: code, reason });
          this.#say(CLOSE, payload);
        }
      }
    };
    socket.on("data", take);
    socket.on("error", () => {});
    socket.once("close", () => this.#hear({ dropped: true }));
    take(first);
  }

  /** Sends a message. */
  send(message: string | Buffer): void {
    if (typeof message === "string") this.#say(TEXT, Buffer.from(message));
    else this.#say(BINARY, message);
  }

  /** Sends a ping. */
  ping(): void {
    this.#say(PING, Buffer.alloc(0));
  }

  /** Begins to close. */
  close(code?: number, reason?: string): void {
    this.#say(CLOSE, closePayload(code, reason));
  }

  /** What comes next. @throws when nothing does */
  next(): Promise<Heard> {
    const heard = this.#heard.shift();
    if (heard !== undefined) return Promise.resolve(heard);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the WebSocket keeps silent")), PATIENCE_MS);
      this.#waiting = (next) => {
        clearTimeout(timer);
        resolve(next);
      };
    });
  }

  /** Whether what was sent so far has left, or waits because the other side takes no more. */
  get takes(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** Takes nothing more, and so in the end lets the other side send nothing more. */
  pause(): void {
    this.#socket.pause();
  }

  /** Drops the connection without a word; `reset` so that the other side is told at once. */
  drop(how: "close" | "reset" = "close"): void {
    if (how === "reset") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #say(opcode: number, payload: Buffer): void {
    this.#socket.write(writeFrame({ opcode, payload }, randomBytes(4)));
  }

  #hear(heard: Heard): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#heard.push(heard);
    else waiting(heard);
  }
}

/** An upgrade that was not made. */
export interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  json(): Record<string, unknown>;
}

/** Asks for an upgrade. */
export function upgrade(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<WebSocketClient | Refused> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: "127.0.0.1",
      port,
      path,
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
        ...headers,
      },
    });
    asked.once("error", reject);
    asked.once("upgrade", (response, socket: Socket, first) => {
      resolve(new WebSocketClient(socket, response.headers, first));
    });
    asked.once("response", async (response) => {
      let body = "";
      for await (const text of response.setEncoding("utf8")) body += text;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, json: () => JSON.parse(body) });
    });
    asked.end();
  });
}

/** Opens a WebSocket. @throws where it is refused */
export async function connectWebSocket(
  port: number,
  path: string,
  headers?: Readonly<Record<string, string>>,
): Promise<WebSocketClient> {
  const client = await upgrade(port, path, headers);
  if (client instanceof WebSocketClient) return client;
  throw new Error(`refused with ${client.status}: ${JSON.stringify(client.json())}`);
}
