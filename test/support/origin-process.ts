// The origin of end-to-end tests, a process of its own: an HTTP server that echoes or answers as it is told, and a
// raw TCP server that need not speak HTTP at all. Run by origin.ts.
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Command, Echo, HttpAnswer, Order, OriginEvent, RawAnswer, Report } from "./origin-protocol.ts";
import { COUNTED, pairs } from "./origin-protocol.ts";
import { echoWebSocket } from "./origin-websocket.ts";

const answers = new Map<string, HttpAnswer[]>();
const rawAnswers = new Map<string, RawAnswer>();
/** Answers that tests write on. */
const open = new Map<number, ServerResponse>();
let exchanges = 0;
const PIECE = Buffer.alloc(65_536, "x");

function report(message: Report): void {
  // The test may have gone by now, and does not want to know.
  process.send?.(message, undefined, undefined, () => {});
}

function tell(event: OriginEvent): void {
  report({ event });
}

const pathOf = (url: string) => url.split("?", 1)[0] ?? url;

function serve(request: IncomingMessage, response: ServerResponse): void {
  const exchange = ++exchanges;
  const { method = "", url = "" } = request;
  const headers = pairs(request.rawHeaders);
  tell({ kind: "request", exchange, method, url, headers });
  response.once("close", () => tell({ kind: "closed", exchange, complete: response.writableFinished }));
  request.once("error", () => response.destroy());

  if (request.headers["content-type"] === COUNTED) {
    count(request, exchange, response);
    return;
  }
  const list = answers.get(pathOf(url));
  const answer = list !== undefined && list.length > 1 ? list.shift() : list?.[0];
  let body = "";
  request.setEncoding("latin1");
  request.on("data", (text: string) => {
    body += text;
    tell({ kind: "chunk", exchange, text });
  });
  request.once("end", () => {
    tell({ kind: "body", exchange, size: body.length });
    if (answer === undefined) echo({ method, url, headers, body }, response);
    else if (!answer.open) send(answer, response);
  });
  // An open answer does not wait for the request's end: an origin may talk before it has heard all.
  if (answer?.open) {
    open.set(exchange, response);
    send(answer, response);
  }
}

/** Counts a body that is too large to be kept, and answers with the count. */
function count(request: IncomingMessage, exchange: number, response: ServerResponse): void {
  let size = 0;
  request.on("data", (bytes: Buffer) => {
    size += bytes.length;
  });
  request.once("end", () => {
    tell({ kind: "body", exchange, size });
    response.end(String(size));
  });
}

function echo(seen: Echo, response: ServerResponse): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(seen));
}

function send(answer: HttpAnswer, response: ServerResponse): void {
  if (answer.delay !== undefined) {
    setTimeout(() => send({ ...answer, delay: undefined } as HttpAnswer, response), answer.delay);
    return;
  }
  response.writeHead(answer.status ?? 200, (answer.headers ?? []).flat());
  if (answer.size !== undefined) pour(answer.size, response);
  else if (!answer.open) response.end(answer.body ?? "");
  else {
    response.flushHeaders();
    if (answer.body !== undefined) response.write(answer.body);
  }
}

/** Sends so many bytes as fast as they are taken. */
function pour(size: number, response: ServerResponse): void {
  let left = size;
  const pourOn = () => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      if (response.write(piece)) continue;
      response.once("drain", pourOn);
      return;
    }
    response.end();
  };
  pourOn();
}

function serveRaw(socket: Socket): void {
  let head = "";
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", function read(bytes: Buffer) {
    head += bytes.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    socket.off("data", read);
    const exchange = ++exchanges;
    const [start = "", ...lines] = head.slice(0, head.indexOf("\r\n\r\n")).split("\r\n");
    const [method = "", url = ""] = start.split(" ");
    const headers = lines.map((line) => [
      line.slice(0, line.indexOf(":")),
      line.slice(line.indexOf(":") + 2),
    ]) as unknown as Echo["headers"];
    tell({ kind: "request", exchange, method, url, headers });
    socket.once("close", () => tell({ kind: "closed", exchange, complete: false }));
    const { send, end, deaf } = rawAnswers.get(pathOf(url)) ?? { send: "", end: "close" };
    if (deaf) socket.pause();
    else socket.resume();
    socket.write(send, "latin1", () => {
      if (end === "close") socket.end();
      else if (end === "reset") socket.resetAndDestroy();
    });
  });
}

function obey(command: Command): void {
  switch (command.do) {
    case "answer":
      answers.set(command.path, [...command.answers]);
      break;
    case "raw":
      rawAnswers.set(command.path, command.answer);
      break;
    case "write":
      open.get(command.exchange)?.write(command.text, "latin1");
      break;
    case "end":
      open.get(command.exchange)?.end();
      break;
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

const http = createHttpServer({ maxHeaderSize: 256 * 1024, requestTimeout: 0 }, serve);
http.on("upgrade", (request, socket) => {
  const exchange = ++exchanges;
  const { method = "", url = "" } = request;
  tell({ kind: "request", exchange, method, url, headers: pairs(request.rawHeaders) });
  const refusal = answers.get(pathOf(url))?.[0];
  socket.once("close", () => tell({ kind: "closed", exchange, complete: false }));
  if (refusal === undefined) {
    echoWebSocket(request, socket, (close) => tell({ kind: "farewell", exchange, ...close }));
  } else socket.end(`HTTP/1.1 ${refusal.status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
});
process.on("message", ({ id, command }: Order) => {
  obey(command);
  report({ done: id });
});
process.on("disconnect", () => process.exit());
const [httpPort, rawPort] = await Promise.all([listen(http), listen(createTcpServer(serveRaw))]);
report({ http: httpPort, raw: rawPort });
