// The Cache API's other side for a bare workerd, which has none of its own: `cacheApiOutbound` sends `put` as PUT
// with a whole HTTP response as its body, `match` as GET and `delete` as PURGE. In memory, for benches and tests.

interface Entry {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly until: number;
}

const MOST_BYTES = 64 * 1024 * 1024;
const entries = new Map<string, Entry>();
let bytes = 0;

/** An entrypoint beside the gateway itself. */
export const cacheService = {
  async fetch(request: Request): Promise<Response> {
    const key = request.url;
    if (request.method === "PUT") {
      remove(key);
      const entry = parseResponse(new Uint8Array(await request.arrayBuffer()));
      entries.set(key, entry);
      bytes += entry.body.byteLength;
      for (const oldest of entries.keys()) {
        if (bytes <= MOST_BYTES) break;
        remove(oldest);
      }
      return new Response(null, { status: 204 });
    }
    if (request.method === "PURGE") return new Response(null, { status: remove(key) ? 200 : 404 });
    const entry = entries.get(key);
    if (entry === undefined || entry.until <= Date.now()) {
      return new Response(null, { status: 504, headers: { "cf-cache-status": "MISS" } });
    }
    const { status, headers, body } = entry;
    return new Response(body, { status, headers });
  },
};

function remove(key: string): boolean {
  bytes -= entries.get(key)?.body.byteLength ?? 0;
  return entries.delete(key);
}

/** Takes an HTTP/1.1 response apart (RFC 9112): it comes from the runtime, so it is well formed. */
function parseResponse(message: Uint8Array<ArrayBuffer>): Entry {
  const end = indexOf(message, "\r\n\r\n", 0);
  const [start = "", ...fields] = new TextDecoder("latin1").decode(message.subarray(0, end)).split("\r\n");
  const headers = new Headers({ "cf-cache-status": "HIT" });
  for (const field of fields) {
    const colon = field.indexOf(":");
    headers.append(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  const rest = message.slice(end + 4);
  const body = headers.get("transfer-encoding") === "chunked" ? dechunk(rest) : rest;
  headers.delete("transfer-encoding");
  const [, seconds = "0"] = /max-age=(\d+)/.exec(headers.get("cache-control") ?? "") ?? [];
  return { status: Number(start.split(" ")[1]), headers, body, until: Date.now() + Number(seconds) * 1000 };
}

/** RFC 9112 §7.1. */
function dechunk(message: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; ; ) {
    const line = indexOf(message, "\r\n", at);
    const size = Number.parseInt(new TextDecoder("latin1").decode(message.subarray(at, line)), 16);
    if (!(size > 0)) break;
    chunks.push(message.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  const body = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

function indexOf(bytes: Uint8Array, text: string, from: number): number {
  const [first] = [text.charCodeAt(0)];
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1;
    while (same < text.length && bytes[at + same] === text.charCodeAt(same)) same++;
    if (same === text.length) return at;
  }
  return bytes.length;
}
