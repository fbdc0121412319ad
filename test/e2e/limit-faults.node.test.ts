import { createServer, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { deadUrl } from "../support/origin.ts";
import { ask } from "../support/raw-http.ts";

/** Longer than a store may take, in ms: a second, and a busy machine. */
const SOON = 2_500;

const json = (body: unknown) => (response: ServerResponse) =>
  void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
const status = (code: number) => (response: ServerResponse) =>
  void response.writeHead(code, { "content-type": "application/json" }).end('{"error":"ERR busy"}');

/** What a store may do to a gateway, by the name in its token. */
const faults: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "reset the connection": (response) => void response.destroy(),
  "never answer": () => {},
  "answer half and stop": (response) =>
    void response.writeHead(200, { "content-length": "400" }).write('{"result":[1,'),
  "answer what is no JSON": (response) => void response.end("<html>"),
  "answer nothing": (response) => void response.end(),
  "answer null": json({ result: null }),
  "answer text": json({ result: "OK" }),
  "answer an empty list": json({ result: [] }),
  "answer negative numbers": json({ result: [-1, -1, -1, -1, -1, -1, -1, -1] }),
  "answer far too much": json({ result: [1e15, 1e15, 1e15, 1e15, 1e15, 1e15, 1e15, 1e15] }),
  "answer half tokens": json({ result: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5] }),
  "answer text for numbers": json({ result: ["many", "", "x", "y", "z", "a", "b", "c"] }),
  "say 500": status(500),
  "say 429": status(429),
  "say 400": status(400),
};

describe("a limit whose store", () => {
  let store: Server;
  let url: string;
  let built: BuiltGateway;

  beforeAll(async () => {
    store = createServer((request, response) => {
      request.resume();
      faults[decodeURIComponent((request.headers.authorization ?? "").slice("Bearer ".length))]?.(response);
    });
    await new Promise<void>((resolve) => store.listen(0, "127.0.0.1", resolve));
    const address = store.address();
    if (address === null || typeof address === "string") throw new Error("the store has no port");
    url = `http://127.0.0.1:${address.port}`;
    built = await buildGateway("shared-limits.ts");
  });

  afterAll(async () => {
    store?.closeAllConnections();
    store?.close();
    await removeGateway(built);
  });

  async function judged(base: string, token: string): Promise<void> {
    const gateway: ServedGateway = await serveGateway(built, {
      UPSTASH_REDIS_REST_URL: base,
      UPSTASH_REDIS_REST_TOKEN: encodeURIComponent(token),
    });
    try {
      const judge = async (path: string) => {
        const since = Date.now();
        const answer = await ask(gateway.port, path);
        expect(Date.now() - since, path).toBeLessThan(SOON);
        return [path, answer.status, answer.status === 200 ? undefined : answer.json().code];
      };
      const asked = ["/leased/deny", "/leased/allow", "/exact/deny", "/exact/allow"].flatMap((path) =>
        [1, 2].map((run) => `${path}?run=${run}`),
      );
      expect(await Promise.all(asked.map(judge))).toEqual(
        asked.map((path) => [
          path,
          ...(path.includes("deny") ? [503, "store-unavailable"] : [200, undefined]),
        ]),
      );
      // Who comes again is decided at once: the store is left alone for a while.
      const since = Date.now();
      expect((await judge("/leased/deny?run=1"))[1]).toBe(503);
      expect(Date.now() - since).toBeLessThan(400);
    } finally {
      await gateway.stop();
    }
  }

  it("cannot be reached is as the route declares, in time", () =>
    deadUrl().then((dead) => judged(dead, "any")));
  it.each(Object.keys(faults))("does this is as the route declares, in time: %s", (fault) =>
    judged(url, fault),
  );
});
