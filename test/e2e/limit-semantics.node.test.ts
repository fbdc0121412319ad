import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { findRedisServer, type RunningRedis, startRedis } from "../support/redis.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { startUpstashFront, type UpstashFront } from "../support/upstash-front.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";
const DAY_S = 86_400;
const redisServer = findRedisServer();
let built: BuiltGateway;
let origin: Origin;
let redis: RunningRedis | undefined;
let front: UpstashFront | undefined;
const gateways: Record<string, ServedGateway> = {};
const places = ["Durable Objects", ...(redisServer === undefined ? [] : ["Upstash"])];

beforeAll(async () => {
  [built, origin] = await Promise.all([buildGateway("limit-semantics.ts"), startOrigin()]);
  const variables = { PARTNER_SECRET, ORIGIN: origin.url };
  gateways["Durable Objects"] = await serveGateway(built, variables);
  if (redisServer === undefined) return;
  redis = await startRedis(redisServer);
  front = await startUpstashFront(redis.port);
  const upstash = { UPSTASH_REDIS_REST_URL: front.url, UPSTASH_REDIS_REST_TOKEN: front.token };
  gateways.Upstash = await serveGateway(built, { ...variables, ...upstash });
});

afterAll(async () => {
  await Promise.all(Object.values(gateways).map((gateway) => gateway.stop()));
  await Promise.all([origin?.stop(), front?.stop(), redis?.stop()]);
  await removeGateway(built);
});

const from = (address: string, more: Readonly<Record<string, string>> = {}): HttpRequest => ({
  headers: { "cf-connecting-ip": address, ...more },
});
const code = (answer: HttpResponse) => answer.json<{ code: string }>().code;
const left = (answer: HttpResponse) => Number(/;r=(\d+)/.exec(answer.header("ratelimit") ?? "")?.[1]);
const resets = (answer: HttpResponse) => Number(/;t=(\d+)/.exec(answer.header("ratelimit") ?? "")?.[1]);

/** Asks until an answer is as wanted: what is charged behind an answer is there a moment later. */
async function eventually(
  again: () => Promise<HttpResponse>,
  wanted: (answer: HttpResponse) => boolean,
): Promise<HttpResponse> {
  for (let turn = 0; turn < 500; turn++) {
    const answer = await again();
    if (wanted(answer)) return answer;
  }
  throw new Error(`it never came to this: ${wanted}`);
}

describe.each(places)("a limit with its counters in %s", (place) => {
  const get = (path: string, init?: HttpRequest) => ask(gateways[place]!.port, path, init);
  const statuses = async (times: number, path: string, init?: HttpRequest) => {
    const seen: number[] = [];
    for (let n = 0; n < times; n++) seen.push((await get(path, init)).status);
    return seen;
  };

  it("refuses who lacks what it counts by", async () => {
    const missing = await get("/absent");
    expect([missing.status, code(missing)]).toEqual([400, "unusable-value"]);
    expect(await statuses(3, "/absent", { headers: { "x-tenant": "tea" } })).toEqual([204, 204, 429]);
    expect(await statuses(1, "/absent", { headers: { "x-tenant": "coffee" } })).toEqual([204]);
  });

  it("shuts out who goes beyond it, with a wait that is the penalty's", async () => {
    const address = from("192.0.2.201");
    const wait = async () => Number((await get("/penalty", address)).header("retry-after"));
    expect(await statuses(2, "/penalty", address)).toEqual([204, 204]);
    const first = await wait();
    expect(first).toBeGreaterThanOrEqual(60);
    expect(first).toBeLessThanOrEqual(66);
    // What came at the same time is no second violation.
    expect(Math.max(...(await Promise.all([wait(), wait(), wait()])))).toBeLessThanOrEqual(66);
    expect(await statuses(1, "/penalty", from("192.0.2.202"))).toEqual([204]);
  });

  it("does not count who is exempt", async () => {
    expect(await statuses(4, "/exempt", from("192.0.2.50"))).toEqual([204, 204, 204, 204]);
    expect(await statuses(2, "/exempt?probe=yes", from("203.0.113.1"))).toEqual([204, 204]);
    // What says two things exempts nobody.
    expect(await statuses(2, "/exempt?probe=yes&probe=yes", from("203.0.113.1"))).toEqual([204, 429]);
    const exempt = await get("/exempt", from("192.0.2.50"));
    expect([exempt.status, exempt.header("ratelimit")]).toEqual([204, undefined]);
    const line = await gateways[place]!.line(exempt.header("x-request-id"));
    expect(line.notes).toEqual(["exempt from the limit 1-per-1d"]);
  });

  it("is what the manifest's function says, and as declared where that fails", async () => {
    const ten = await get("/overridden", from("203.0.113.2", { "x-limit": "10" }));
    expect([ten.status, left(ten)]).toEqual([204, 9]);
    expect(left(await get("/overridden", from("203.0.113.2", { "x-limit": "5" })))).toBe(3);
    const broken = await get("/overridden?broken", from("203.0.113.2"));
    expect(broken.status).toBe(429);
    const line = await gateways[place]!.line(broken.header("x-request-id"));
    expect(String(line.notes)).toContain("broken on GET /overridden");
    expect(await statuses(1, "/overridden", from("203.0.113.2", { "x-limit": "0" }))).toEqual([429]);
    expect(await statuses(1, "/overridden", from("203.0.113.2", { "x-limit": "4" }))).toEqual([204]);
  });

  it("counts what it refuses, so that waiting grows longer", async () => {
    const caller = from("203.0.113.3");
    expect(await statuses(4, "/hammered", caller)).toEqual([204, 204, 204, 429]);
    const first = resets(await get("/hammered", caller));
    const again = () => get("/hammered", caller);
    const answer = await eventually(again, (each) => resets(each) > first);
    expect(answer.status).toBe(429);
    expect(Number(answer.header("retry-after"))).toBeGreaterThanOrEqual(DAY_S);
  });

  it("charges what the answer says it cost", async () => {
    const caller = from("203.0.113.4");
    await origin.answer("/tokens", { headers: [["x-cost", "60"]] });
    const first = await get("/tokens", caller);
    expect([first.status, left(first), first.header("x-cost")]).toEqual([200, 40, "60"]);
    const second = await get("/tokens", caller);
    expect([second.status, left(second)]).toEqual([200, 0]);
    const refused = await eventually(
      () => get("/tokens", caller),
      ({ status }) => status === 429,
    );
    expect(code(refused)).toBe("rate-limited");
  });

  it("takes units at first, and charges or gives back the rest", async () => {
    const caller = from("203.0.113.5");
    const cost = (units: string) => origin.answer("/prepaid", { headers: [["x-cost", units]] });
    await cost("4");
    expect(left(await get("/prepaid", caller))).toBe(96);
    await cost("30");
    expect(left(await get("/prepaid", caller))).toBe(66);
    await cost("many");
    expect(left(await get("/prepaid", caller))).toBe(16);
    await cost("10");
    expect(left(await get("/prepaid", caller))).toBe(6);
    expect(await statuses(1, "/prepaid", caller)).toEqual([429]);
  });

  it("charges what reaches the origin alone", async () => {
    for (const path of ["/many/a", "/many/b"]) {
      await origin.answer(path, { headers: [["x-cost", "25"]] });
    }
    expect(await statuses(3, "/many/a")).toEqual([200, 200, 200]);
    expect(await statuses(2, "/many/b")).toEqual([200, 200]);
    let other = 0;
    await eventually(
      () => get(`/many/other-${other++}`),
      ({ status }) => status === 429,
    );
    expect(await statuses(1, "/many/a")).toEqual([200]);
  });

  it("is another for single callers", async () => {
    const bearer = async (sub: string) => ({
      headers: bearing(await signWithSecret(PARTNER_SECRET, { iss: PARTNER, sub })),
    });
    expect(await statuses(4, "/mine", await bearer("ada"))).toEqual([204, 204, 204, 429]);
    expect(await statuses(2, "/mine", await bearer("bob"))).toEqual([204, 429]);
  });
});
