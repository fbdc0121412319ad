// The client, a child process: takes a large answer, sends a large body, or talks over WebSockets.
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";

/** What the benchmark asks of the client. */
export type LoadCommand = { readonly port: number; readonly path: string } & (
  | { readonly download: { readonly bytes: number } }
  | { readonly upload: { readonly bytes: number } }
  | { readonly talk: { readonly connections: number; readonly seconds: number } }
);

/** How long it took, and how much there was: bytes, or messages that went there and back. */
export type LoadReport = { readonly seconds: number; readonly amount: number } | { readonly failed: string };

const PIECE = Buffer.alloc(65_536, "x");
/** What is said over a WebSocket, in bytes. */
const MESSAGE = 64;
/** A binary message, masked with nothing (RFC 6455 §5.2), and as it comes back. */
const SAID = Buffer.concat([Buffer.from([0x82, 0x80 | MESSAGE, 0, 0, 0, 0]), Buffer.alloc(MESSAGE, "m")]);
const HEARD = Buffer.concat([Buffer.from([0x82, MESSAGE]), Buffer.alloc(MESSAGE, "m")]);

const open = (port: number, path: string, method: string, headers: Readonly<Record<string, string>>) =>
  request({ host: "127.0.0.1", port, path, method, agent: false, headers });

async function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
  return answer;
}

async function download(port: number, path: string): Promise<number> {
  const asked = open(port, path, "GET", {});
  asked.end();
  const answer = await answerOf(asked);
  let size = 0;
  answer.on("data", (bytes: Buffer) => {
    size += bytes.length;
  });
  await once(answer, "end");
  return size;
}

async function upload(port: number, path: string, bytes: number): Promise<number> {
  const asked = open(port, path, "POST", { "content-length": String(bytes) });
  const answered = answerOf(asked);
  for (let left = bytes; left > 0; left -= PIECE.length) {
    if (!asked.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE)) await once(asked, "drain");
  }
  asked.end();
  let text = "";
  for await (const part of (await answered).setEncoding("utf8")) text += part;
  return Number(text);
}

async function connect(port: number, path: string): Promise<Socket> {
  const asked = open(port, path, "GET", {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  });
  asked.end();
  const [, socket] = (await once(asked, "upgrade")) as [IncomingMessage, Socket];
  return socket.setNoDelay(true);
}

/** On each connection one message is on its way, and the next is said when it has come back. */
async function talk(port: number, path: string, connections: number, seconds: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => connect(port, path)));
  const stopAt = performance.now() + seconds * 1_000;
  const counts = await Promise.all(
    sockets.map(async (socket) => {
      let count = 0;
      for (; performance.now() < stopAt; count++) {
        socket.write(SAID);
        const [heard] = (await once(socket, "data")) as [Buffer];
        if (!heard.equals(HEARD)) throw new Error(`heard ${heard.length} bytes that were not said`);
      }
      return count;
    }),
  );
  for (const socket of sockets) socket.destroy();
  return counts.reduce((sum, count) => sum + count, 0);
}

async function obey(command: LoadCommand): Promise<LoadReport> {
  const { port, path } = command;
  const start = performance.now();
  let amount: number;
  if ("talk" in command) amount = await talk(port, path, command.talk.connections, command.talk.seconds);
  else {
    const { bytes } = "download" in command ? command.download : command.upload;
    amount = "download" in command ? await download(port, path) : await upload(port, path, bytes);
    if (amount !== bytes) return { failed: `${amount} of ${bytes} bytes` };
  }
  return { seconds: (performance.now() - start) / 1_000, amount };
}

process.on("message", (command: LoadCommand) => {
  obey(command).then(
    (report) => process.send?.(report),
    (error: Error) => process.send?.({ failed: error.message } satisfies LoadReport),
  );
});
process.on("disconnect", () => process.exit());
