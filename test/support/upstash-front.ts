import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";

/** A stand-in for Upstash's REST API in front of a Redis. */
export interface UpstashFront {
  readonly url: string;
  readonly token: string;
  /** The path and the command names of each request so far, such as `/ EVALSHA`. */
  readonly requests: string[];
  /** Asks the Redis behind it. */
  ask(command: readonly string[]): Promise<unknown>;
  stop(): Promise<void>;
}

type Reply = string | number | null | RedisError | Reply[];
class RedisError extends Error {}

/** The first line of Upstash's scripts, which stock Redis rejects. */
const SHEBANG = /^#!lua flags=allow-key-locking\r?\n/;

/** Starts the front on a free loopback port. It speaks `POST /`, `/pipeline` and `/multi-exec`. */
export async function startUpstashFront(redisPort: number, token = "test-token"): Promise<UpstashFront> {
  const redis = new RedisClient(connect(redisPort, "127.0.0.1"));
  const requests: string[] = [];
  /** The hash of a script as the client knows it → as Redis knows it. */
  const hashes = new Map<string, string>();

  async function run(command: readonly unknown[]): Promise<Reply> {
    const [name = "", script = "", ...rest] = command.map(String);
    const upper = name.toUpperCase();
    if (upper === "EVALSHA") return redis.send([name, hashes.get(script) ?? script, ...rest]);
    if (upper === "EVAL" && SHEBANG.test(script)) {
      const stripped = script.replace(SHEBANG, "");
      hashes.set(sha1(script), sha1(stripped));
      return redis.send([name, stripped, ...rest]);
    }
    return redis.send(command.map(String));
  }

  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    const encode = request.headers["upstash-encoding"] === "base64" ? base64 : (reply: Reply): Reply => reply;
    const item = (reply: Reply) =>
      reply instanceof RedisError ? { error: reply.message } : { result: encode(reply) };
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

    if (request.headers.authorization !== `Bearer ${token}`) {
      return answer(401, { error: "WRONGPASS invalid or missing auth token" });
    }
    const body: unknown = JSON.parse(await text(request));
    if (!Array.isArray(body)) return answer(400, { error: "ERR failed to parse command" });
    const commands: unknown[][] = path === "/" ? [body] : body;
    requests.push([path, ...commands.map(([name]) => String(name).toUpperCase())].join(" "));
    if (path === "/") {
      const reply = await run(body);
      return answer(reply instanceof RedisError ? 400 : 200, item(reply));
    }
    if (path === "/multi-exec") {
      // Sent in one go, so nothing of another request comes between.
      const replies = [redis.send(["MULTI"]), ...commands.map(run), redis.send(["EXEC"])];
      const exec = (await Promise.all(replies)).at(-1);
      return Array.isArray(exec) ? answer(200, exec.map(item)) : answer(400, item(exec ?? null));
    }
    if (path === "/pipeline") return answer(200, (await Promise.all(commands.map(run))).map(item));
    return answer(404, { error: "ERR unknown path" });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the front has no port");

  return {
    url: `http://127.0.0.1:${address.port}`,
    token,
    requests,
    ask: (command) => redis.send(command),
    async stop() {
      redis.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** RESP2 over one connection; replies come in the order of the commands. */
class RedisClient {
  readonly #socket: Socket;
  readonly #waiting: Array<(reply: Reply) => void> = [];
  #buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      for (let parsed = parse(this.#buffer, 0); parsed !== undefined; parsed = parse(this.#buffer, 0)) {
        this.#buffer = this.#buffer.subarray(parsed.end);
        this.#waiting.shift()?.(parsed.reply);
      }
    });
    // Whoever waits when the connection goes gets an error, and the test that waits says so.
    const fail = () => {
      for (const resolve of this.#waiting.splice(0)) resolve(new RedisError("ERR no connection"));
    };
    socket.on("error", fail).on("close", fail);
  }

  send(command: readonly string[]): Promise<Reply> {
    const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(`*${command.length}\r\n${parts.join("")}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** One reply from `at`, and where it ends; undefined while it is incomplete. */
function parse(buffer: Buffer, at: number): { reply: Reply; end: number } | undefined {
  const line = buffer.indexOf("\r\n", at);
  if (line < 0) return undefined;
  const head = buffer.toString("utf8", at + 1, line);
  let end = line + 2;
  switch (String.fromCharCode(buffer[at] ?? 0)) {
    case "+":
      return { reply: head, end };
    case "-":
      return { reply: new RedisError(head), end };
    case ":":
      return { reply: Number(head), end };
    case "$": {
      if (head === "-1") return { reply: null, end };
      const stop = end + Number(head);
      return buffer.length < stop + 2
        ? undefined
        : { reply: buffer.toString("utf8", end, stop), end: stop + 2 };
    }
    case "*": {
      if (head === "-1") return { reply: null, end };
      const items: Reply[] = [];
      for (let i = 0; i < Number(head); i++) {
        const item = parse(buffer, end);
        if (item === undefined) return undefined;
        items.push(item.reply);
        end = item.end;
      }
      return { reply: items, end };
    }
    default:
      throw new Error(`not RESP: ${head}`);
  }
}

/** `Upstash-Encoding: base64`: every string but `OK`. */
function base64(reply: Reply): Reply {
  if (Array.isArray(reply)) return reply.map(base64);
  return typeof reply === "string" && reply !== "OK" ? Buffer.from(reply).toString("base64") : reply;
}

function sha1(script: string): string {
  return createHash("sha1").update(script).digest("hex");
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
