import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";

/** How long a test waits for what must come. */
const PATIENCE_MS = 8_000;

/** An answer as it came over the wire. */
export interface HttpResponse {
  readonly status: number;
  /** Values in order; names in any case. */
  all(name: string): readonly string[];
  /** The first value. */
  header(name: string): string | undefined;
  readonly headerNames: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  /** Whether the answer came to its proper end. */
  readonly complete: boolean;
  json<T = Record<string, unknown>>(): T;
}

/** A request as {@link ask} sends it. */
export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** Sends one request on a connection of its own, its target as it is, and reads the whole answer. */
export function ask(port: number, path: string, init: HttpRequest = {}): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { request, response } = open(port, path, init);
    response.then((incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.once("error", () => {});
      incoming.once("close", () => resolve(describe(incoming, Buffer.concat(chunks))));
    }, reject);
    request.end(init.body);
  });
}

/** A request that is still being sent, and its answer once its head is in. */
export interface OpenExchange {
  readonly request: ReturnType<typeof httpRequest>;
  readonly response: Promise<IncomingMessage>;
}

/** Begins a request: the caller writes its body, ends it and reads the answer. */
export function open(
  port: number,
  path: string,
  { method = "GET", headers }: HttpRequest = {},
): OpenExchange {
  const options: RequestOptions = { host: "127.0.0.1", port, method, path, agent: false };
  const request = httpRequest({
    ...options,
    headers: { ...headers } as NonNullable<RequestOptions["headers"]>,
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.setTimeout(PATIENCE_MS, () => request.destroy(new Error(`no answer to ${method} ${path}`)));
    request.once("response", resolve);
    request.once("error", reject);
  });
  // Who opens and never looks at the answer must not fail the run.
  response.catch(() => {});
  return { request, response };
}

function describe(incoming: IncomingMessage, body: Buffer): HttpResponse {
  const { rawHeaders, statusCode = 0, complete } = incoming;
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const all = (name: string) =>
    names.flatMap((each, index) => (each === name.toLowerCase() ? [rawHeaders[index * 2 + 1]!] : []));
  const text = body.toString("utf8");
  return {
    status: statusCode,
    all,
    header: (name) => all(name)[0],
    headerNames: names,
    body,
    text,
    complete,
    json: () => JSON.parse(text),
  };
}

/** A TCP connection that says what it is told, byte for byte. */
export class RawConnection {
  readonly #socket: Socket;
  #received = "";
  #closed = false;
  readonly #waiting = new Set<() => void>();

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (bytes) => {
      this.#received += bytes.toString("latin1");
      this.#tell();
    });
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => {
      this.#closed = true;
      this.#tell();
    });
  }

  /** Sends Latin-1 text or bytes. */
  write(data: string | Buffer): void {
    if (typeof data === "string") this.#socket.write(data, "latin1");
    else this.#socket.write(data);
  }

  /** Waits until what has come fits, and gives all of it. @throws when it does not, or the connection ends first */
  until(fits: (received: string) => boolean): Promise<string> {
    return this.#wait(() => {
      if (fits(this.#received)) return true;
      if (this.#closed) throw new Error(`the connection ended after:\n${this.#received}`);
      return false;
    });
  }

  /** Waits for the other side to close, and gives all that came. */
  ended(): Promise<string> {
    return this.#wait(() => this.#closed);
  }

  /** Takes nothing more, and so in the end lets the other side send nothing more. */
  pause(): void {
    this.#socket.pause();
  }

  /** Takes what comes again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Drops the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Drops the connection so that the other side is told at once, and not when it writes. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #wait(done: () => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (conclude: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        conclude();
      };
      const check = () => {
        try {
          if (done()) settle(() => resolve(this.#received));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`waited in vain; received:\n${this.#received}`))),
        PATIENCE_MS,
      );
      this.#waiting.add(check);
      check();
    });
  }

  #tell(): void {
    for (const check of this.#waiting) check();
  }
}

/** Sends bytes and gives all that came back until the other side closed: so ask it to. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const connection = new RawConnection(port);
  connection.write(bytes);
  try {
    return await connection.ended();
  } finally {
    connection.destroy();
  }
}

/** A GET of a target that no client library would send. */
export function rawGet(port: number, target: string, ...fields: readonly string[]): Promise<string> {
  const lines = [`GET ${target} HTTP/1.1`, "Host: api.example", ...fields, "Connection: close"];
  return exchange(port, `${lines.join("\r\n")}\r\n\r\n`);
}

/** Status of a raw answer; 0 where there was none. */
export function statusOf(raw: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(raw)?.[1] ?? 0);
}
