import { createHash } from "node:crypto";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { isHopByHop, nominated } from "../../src/http/hop-by-hop.ts";
import { bodyDigest } from "../../src/upstream/recorded/recording.ts";
import { fieldValue, LARGEST_BODY, type WireAnswer } from "./answer.ts";
import type { Field } from "./secrets.ts";

/** An exchange that came to its end. */
export interface WireExchange {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly Field[];
  /** Of the request's body, where it had one. */
  readonly digest: string | undefined;
  readonly answer: WireAnswer;
}

/** Told how exchanges end. */
export interface Watcher {
  recordable(exchange: WireExchange): void;
  failed(request: Pick<IncomingMessage, "method" | "url">, reason: string): void;
}

/** Ask for a part, or for nothing where nothing changed; a recording must hold the whole. */
const PARTIAL = ["if-none-match", "if-modified-since", "if-range", "range"];
/** Made anew: for one connection, for this origin, or so that bodies come as they are. */
const REPLACED = ["host", "accept-encoding", "expect"];

/** A server that passes everything on to one origin, streaming both ways, and tells what passed. */
export function recordingProxy(origin: URL, watcher: Watcher): Server {
  return createServer((request, response) => {
    if (!request.url?.startsWith("/")) {
      response.writeHead(400).end("A path is wanted.\n");
      return;
    }
    passOn(origin, request, response, watcher);
  });
}

function passOn(origin: URL, request: IncomingMessage, response: ServerResponse, watcher: Watcher): void {
  const { method = "GET", url = "/" } = request;
  const fields = pairs(request.rawHeaders);
  const hash = createHash("sha256");
  let hasBody = false;
  const send = origin.protocol === "https:" ? httpsRequest : httpRequest;
  const sent = send({
    protocol: origin.protocol,
    hostname: origin.hostname.replace(/^\[|\]$/g, ""),
    port: origin.port,
    method,
    path: origin.pathname.replace(/\/+$/, "") + url,
    // A connection that was kept may be closed by now.
    agent: false,
    headers: requestFields(method, fields, origin).flat(),
  });
  request.on("data", (chunk: Buffer) => {
    hasBody = true;
    hash.update(chunk);
  });
  request.pipe(sent);

  let ended = false;
  const fail = (reason: string) => {
    if (ended) return;
    ended = true;
    watcher.failed(request, reason);
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { "content-type": "text/plain" }).end(`${reason}\n`);
  };
  sent.on("error", (error) => fail(`the origin cannot be reached: ${error.message}`));
  for (const stream of [request, response]) stream.on("error", () => sent.destroy());
  response.once("close", () => {
    if (response.writableFinished) return;
    sent.destroy();
    fail("the client went away");
  });
  sent.once("response", (incoming) => {
    const answered = pairs(incoming.rawHeaders);
    const { statusCode: status = 0, statusMessage } = incoming;
    response.writeHead(status, statusMessage, withoutHops(answered).flat());
    const kept = new Kept();
    incoming.on("data", (chunk: Buffer) => kept.add(chunk));
    incoming.on("error", () => fail("the origin broke off"));
    incoming.pipe(response);
    incoming.once("close", () => {
      if (!incoming.complete) return fail("the origin broke off");
      if (ended) return;
      ended = true;
      if (!request.complete) return watcher.failed(request, "it was answered before it was whole");
      const digest = hasBody ? bodyDigest(hash.digest("hex")) : undefined;
      watcher.recordable({
        method,
        target: url,
        fields,
        digest,
        answer: { status, fields: answered, body: kept.bytes },
      });
    });
  });
}

/** A body, as long as it is small enough to be kept. */
class Kept {
  #chunks: Buffer[] | undefined = [];
  #length = 0;

  get bytes(): Buffer | undefined {
    return this.#chunks && Buffer.concat(this.#chunks);
  }

  add(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > LARGEST_BODY) this.#chunks = undefined;
    this.#chunks?.push(chunk);
  }
}

function requestFields(method: string, fields: readonly Field[], origin: URL): Field[] {
  const isRead = method === "GET" || method === "HEAD";
  const kept = withoutHops(fields).filter(([name]) => {
    const lower = name.toLowerCase();
    return !REPLACED.includes(lower) && !(isRead && PARTIAL.includes(lower));
  });
  const own: Field[] = [
    ["host", origin.host],
    ["accept-encoding", "identity"],
  ];
  // Node would guess by the method whether there is a body.
  if (fieldValue(fields, "transfer-encoding") !== undefined) own.push(["transfer-encoding", "chunked"]);
  else if (!isRead && fieldValue(fields, "content-length") === undefined) own.push(["content-length", "0"]);
  return [...kept, ...own];
}

function withoutHops(fields: readonly Field[]): Field[] {
  const perConnection = nominated(fieldValue(fields, "connection") ?? null);
  return fields.filter(([name]) => {
    const lower = name.toLowerCase();
    return !isHopByHop(lower) && !perConnection.includes(lower);
  });
}

/** Node's flat list of names and values, in pairs. */
function pairs(flat: readonly string[]): Field[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""] as const] : []));
}
