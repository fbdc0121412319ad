import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness, type TestHarness } from "wrangler";

const TEXT = "over and over, ".repeat(2_000);
const coders = { gzip: gzipSync, br: brotliCompressSync };

let origin: Server;
let gateway: TestHarness;

/** Answers `/gzip` and `/br` in that coding, with their length or chunked. */
function answer({ url = "" }: IncomingMessage, response: ServerResponse) {
  const coding = url.startsWith("/br") ? "br" : "gzip";
  const body = coders[coding](TEXT);
  response.setHeader("content-type", "text/plain");
  response.setHeader("content-encoding", coding);
  response.setHeader("etag", '"strong"');
  if (!url.endsWith("/chunked")) response.setHeader("content-length", body.length);
  response.end(body);
}

beforeAll(async () => {
  origin = createServer(answer);
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const { port } = origin.address() as AddressInfo;
  gateway = createTestHarness({
    workers: [
      {
        config: {
          name: "coded",
          main: "test/cache/coded-worker.ts",
          compatibility_date: "2026-10-01",
          vars: { ORIGIN: `http://127.0.0.1:${port}` },
        },
      },
    ],
  });
  await gateway.listen();
});

afterAll(async () => {
  await gateway?.close();
  origin?.close();
});

/** Asks until the answer comes from the store: it is put there after the answer that it is stored from. */
async function askUntilHit(path: string): Promise<Response[]> {
  const answers: Response[] = [];
  for (let time = 0; time < 200; time++) {
    const response = (await gateway.fetch(path)) as unknown as Response;
    answers.push(response);
    if (response.headers.get("cache-status")?.includes("hit")) break;
    await response.clone().arrayBuffer();
  }
  return answers;
}

describe("a response with a content coding", () => {
  it.each(["/gzip", "/gzip/chunked", "/br"])("comes out of the cache as it went in: %s", async (path) => {
    const answers = await askUntilHit(path);
    expect(answers.at(-1)?.headers.get("cache-status")).toMatch(/^isogate; hit; ttl=/);
    for (const response of answers) {
      expect(await response.text()).toBe(TEXT);
      expect(response.headers.get("content-encoding")).toBeNull();
      expect(response.headers.get("etag")).toBe('W/"strong"');
    }
  });
});
