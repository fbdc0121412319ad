import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AlgorithmName } from "../../../src/stores/counters/counter-store.ts";
import { createUpstashStore } from "../../../src/stores/counters/upstash.ts";
import { SCRIPTS } from "../../../src/stores/counters/upstash-scripts.ts";
import { counterStoreContract, perMinute } from "../../contract/counter-store.ts";
import { findRedisServer, type RunningRedis, startRedis } from "../../support/redis.ts";
import { startUpstashFront, type UpstashFront } from "../../support/upstash-front.ts";

const redisServer = findRedisServer();
const one = { key: "k", allowance: perMinute(5), cost: 1 };

if (redisServer === undefined) {
  const why = "redis-server is not installed, so the Upstash store was NOT tested against a real Redis";
  console.warn(`SKIPPED: ${why}`);
  it.skip(why, () => {});
} else {
  let redis: RunningRedis;
  let front: UpstashFront;
  const settings = () => ({ url: front.url, token: front.token, timeoutMs: 2_000 });

  beforeAll(async () => {
    redis = await startRedis(redisServer);
    front = await startUpstashFront(redis.port);
  });
  afterAll(async () => {
    await front?.stop();
    await redis?.stop();
  });

  counterStoreContract("upstash", () => createUpstashStore(settings()));

  describe("upstash store with a Redis", () => {
    it("asks nothing before the first take, and the script by its hash after that", async () => {
      const asked = front.requests.length;
      const store = createUpstashStore(settings());
      expect(front.requests.length).toBe(asked);
      await store.take({ ...one, key: "first" });
      await store.take({ ...one, key: "first" });
      expect(front.requests.at(-1)).toBe("/ EVALSHA");
    });

    it("asks again for a caller who was refused, since the refusal may be over", async () => {
      const store = createUpstashStore(settings());
      const take = () => store.take({ ...one, key: "blocked", allowance: perMinute(1) });
      await take();
      const asked = front.requests.length;
      expect([(await take()).allowed, (await take()).allowed]).toEqual([false, false]);
      expect(front.requests.length).toBe(asked + 2);
    });

    it("never joins the takes of several requests into one fetch", async () => {
      const store = createUpstashStore(settings());
      const asked = front.requests.length;
      await Promise.all([1, 2, 3].map((n) => store.take({ ...one, key: `together ${n}` })));
      expect(front.requests.slice(asked)).toEqual(["/ EVALSHA", "/ EVALSHA", "/ EVALSHA"]);
    });

    it("does not charge a caller whose token is refused, and rejects", async () => {
      const store = createUpstashStore({ ...settings(), token: "wrong" });
      await expect(store.take(one)).rejects.toThrow(/^upstash: WRONGPASS/);
    });

    it("names no key in its errors", async () => {
      const store = createUpstashStore({ ...settings(), token: "wrong" });
      await expect(store.take({ ...one, key: "203.0.113.9" })).rejects.not.toThrow(/203\.0\.113\.9/);
    });

    it("keeps a counter no longer than it matters", async () => {
      const store = createUpstashStore(settings());
      const ttl = async (algorithm: AlgorithmName) => {
        const key = `expiring ${algorithm}`;
        await store.take({ key, allowance: perMinute(60, algorithm), cost: 2 });
        return front.ask(["PTTL", `isogate:limit:${key}`]);
      };
      const window = await ttl("slidingWindow");
      expect(window).toBeGreaterThan(60_000);
      expect(window).toBeLessThanOrEqual(120_000);
      expect(await ttl("tokenBucket")).toBeLessThanOrEqual(2_000);
    });

    it("brings its script along where Redis has forgotten it", async () => {
      await front.ask(["SCRIPT", "FLUSH"]);
      const store = createUpstashStore(settings());
      const asked = front.requests.length;
      expect((await store.take({ ...one, key: "forgotten" })).allowed).toBe(true);
      expect(front.requests.slice(asked)).toEqual(["/ EVALSHA", "/ EVAL"]);
    });
  });
}

describe("the scripts' hashes", () => {
  it.each(Object.entries(SCRIPTS))("are those of what %s runs", (_, { source, sha1 }) => {
    expect(sha1).toBe(createHash("sha1").update(source).digest("hex"));
  });
});

describe("upstash store without a Redis", () => {
  const servers: Server[] = [];
  async function serve(respond: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(respond);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });
  const storeAt = (url: string) => createUpstashStore({ url, token: "t", timeoutMs: 100 });

  it("rejects within its time when nothing is answered", async () => {
    const url = await serve(() => {});
    await expect(storeAt(url).take(one)).rejects.toThrow(/^upstash: /);
  });

  it("rejects within its time when the answer's body does not end", async () => {
    const url = await serve((_, response) => void response.writeHead(200).write('{"result":['));
    await expect(storeAt(url).take(one)).rejects.toThrow(/^upstash: /);
  });

  it("tries once, since a second try could count twice", async () => {
    let tries = 0;
    const url = await serve((request) => {
      tries++;
      request.socket.destroy();
    });
    await expect(storeAt(url).take(one)).rejects.toThrow(/^upstash: /);
    expect(tries).toBe(1);
  });

  it("tries once whatever a key looks like that the error quotes", async () => {
    let tries = 0;
    const url = await serve((_request, response) => {
      tries++;
      response.writeHead(400).end('{"error":"ERR busy"}');
    });
    await expect(storeAt(url).take({ ...one, key: "NOSCRIPT" })).rejects.toThrow(/^upstash: ERR busy/);
    expect(tries).toBe(1);
  });

  it("rejects when the connection is refused, without waiting to try again", async () => {
    const sleeps = vi.spyOn(globalThis, "setTimeout");
    await expect(storeAt("http://127.0.0.1:1").take(one)).rejects.toThrow(/^upstash: /);
    // The bound's own timer and nothing else.
    expect(sleeps.mock.calls.map(([, ms]) => ms)).toEqual([100]);
    sleeps.mockRestore();
  });

  it.each([
    ["no JSON", 200, "<html>"],
    ["no result", 200, "{}"],
    ["an empty list", 200, '{"result":[]}'],
    ["a refusal of what nobody has taken", 200, '{"result":[0]}'],
    ["text for numbers", 200, '{"result":["bG90cw==","bG90cw=="]}'],
    ["an error", 500, '{"error":"ERR busy"}'],
  ])("rejects an answer that is %s", async (_, status, body) => {
    const url = await serve((_request, response) => void response.writeHead(status).end(body));
    await expect(storeAt(url).take(one)).rejects.toThrow(/^upstash: /);
  });
});
