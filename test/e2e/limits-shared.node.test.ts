import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { ask } from "../support/raw-http.ts";
import { findRedisServer, type RunningRedis, startRedis } from "../support/redis.ts";
import { startUpstashFront, type UpstashFront } from "../support/upstash-front.ts";
import { findWrk, load } from "../support/wrk.ts";

const LIMIT = 2_000;
/** That of the route where each request is asked for, which takes longer. */
const EXACT = 300;
/** What each of them may owe where the limit is bounded. */
const SLACK = 10;
const GATEWAYS = 3;

const redisServer = findRedisServer();
const wrk = findWrk();

describe.skipIf(redisServer === undefined || wrk === undefined)(
  "gateways that share one Redis, under wrk",
  () => {
    let redis: RunningRedis;
    let front: UpstashFront;
    let built: BuiltGateway;
    let gateways: ServedGateway[];

    beforeAll(async () => {
      redis = await startRedis(redisServer!);
      front = await startUpstashFront(redis.port);
      built = await buildGateway("shared-limits.ts");
      const variables = { UPSTASH_REDIS_REST_URL: front.url, UPSTASH_REDIS_REST_TOKEN: front.token };
      gateways = await Promise.all(Array.from({ length: GATEWAYS }, () => serveGateway(built, variables)));
    });

    afterAll(async () => {
      await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
      await removeGateway(built);
      await front?.stop();
      await redis?.stop();
    });

    /** All that the gateways answered a path with, by status; and how often Redis was asked. */
    async function underLoad(path: string) {
      const before = front.requests.length;
      const answered = () =>
        gateways.map((gateway) =>
          gateway
            .lines()
            .filter((line) => path.startsWith(line.path))
            .map(({ status }) => status),
        );
      // However slow the machine is: until each of them has refused.
      for (let round = 0; round < 5 && !answered().every((statuses) => statuses.includes(429)); round++)
        await Promise.all(gateways.map(({ port }) => load(wrk!, `http://127.0.0.1:${port}${path}`, 2)));
      const statuses = answered().flat();
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
      const of = (wanted: number) => statuses.filter((status) => status === wanted).length;
      return { admitted: of(200), refused: of(429), asked: front.requests.length - before };
    }

    it("let exactly the limit through where each request is asked for", async () => {
      expect(await underLoad("/exact?run=1")).toMatchObject({ admitted: EXACT });
    });

    it.each(["/leased?run=1", "/bucket?run=1"])(
      "let no more than the limit through where they lease: %s",
      async (path) => {
        const { admitted, refused, asked } = await underLoad(path);
        // A bucket of a day gains a token in 43 seconds.
        expect(admitted).toBeLessThanOrEqual(LIMIT + (path.startsWith("/bucket") ? 1 : 0));
        expect(admitted).toBeGreaterThan(0.97 * LIMIT);
        expect(refused).toBeGreaterThan(0);
        expect(asked / admitted).toBeLessThan(0.05);
      },
    );

    it("exceed it by no more than each may owe where it is bounded", async () => {
      const { admitted } = await underLoad("/bounded?run=1");
      expect(admitted).toBeLessThanOrEqual(LIMIT + GATEWAYS * SLACK);
      expect(admitted).toBeGreaterThan(0.97 * LIMIT);
    });

    it("let no more through when one of them is killed and begins anew", async () => {
      const path = "/leased?run=killed";
      const inTurn = async (port: number, times: number) => {
        let admitted = 0;
        for (let sent = 0; sent < times; sent += 20) {
          const answers = await Promise.all(Array.from({ length: 20 }, () => ask(port, path)));
          admitted += answers.filter(({ status }) => status === 200).length;
        }
        return admitted;
      };
      let admitted = await inTurn(gateways[0]!.port, 600);
      process.kill(gateways[0]!.pid, "SIGKILL");
      const variables = { UPSTASH_REDIS_REST_URL: front.url, UPSTASH_REDIS_REST_TOKEN: front.token };
      gateways[0] = await serveGateway(built, variables);
      admitted += (await Promise.all(gateways.map(({ port }) => inTurn(port, 1_200)))).reduce(
        (a, b) => a + b,
      );
      expect(admitted).toBeLessThanOrEqual(LIMIT);
      expect(admitted).toBeGreaterThan(0.8 * LIMIT);
    });
  },
);
