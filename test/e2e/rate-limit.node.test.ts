import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BuiltGateway,
  buildGateway,
  removeGateway,
  type ServedGateway,
  serveGateway,
} from "../support/gateway.ts";
import { deadUrl } from "../support/origin.ts";
import { ask, type HttpRequest, type HttpResponse } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";

const SECRET = "a secret that is at least as long as its hash";
let built: BuiltGateway;
let gateway: ServedGateway;

beforeAll(async () => {
  built = await buildGateway("limits.ts");
  gateway = await serveGateway(built, { PARTNER_SECRET: SECRET });
});

afterAll(async () => {
  await gateway?.stop();
  await removeGateway(built);
});

const get = (path: string, init?: HttpRequest) => ask(gateway.port, path, init);
const from = (address: string) => ({ headers: { "cf-connecting-ip": address } });
const token = (claims: Readonly<Record<string, unknown>>) =>
  signWithSecret(SECRET, { iss: PARTNER, ...claims }).then((signed) => ({ headers: bearing(signed) }));
const statuses = (answers: readonly HttpResponse[]) => answers.map(({ status }) => status);

/** The statuses of requests one after the other. */
async function inTurn(
  requests: ReadonlyArray<readonly [path: string, init?: HttpRequest]>,
): Promise<number[]> {
  const answers: HttpResponse[] = [];
  for (const [path, init] of requests) answers.push(await get(path, init));
  return statuses(answers);
}

describe("a limit", () => {
  it("is exact however many ask at once", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => get("/exact")));
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(20);
    expect(statuses(answers).filter((status) => status === 429)).toHaveLength(30);
    const left = answers.flatMap((answer) => /;r=(\d+);/.exec(answer.header("ratelimit") ?? "")?.[1] ?? []);
    const granted = left
      .map(Number)
      .sort((a, b) => b - a)
      .slice(0, 20);
    expect(granted).toEqual(Array.from({ length: 20 }, (_, index) => 19 - index));
  });

  it("says how much is left, and when there is more", async () => {
    const first = await get("/address", from("198.51.100.1"));
    expect(first.header("ratelimit-policy")).toBe('"twice";q=2;w=86400');
    expect(first.header("ratelimit")).toMatch(/^"twice";r=1;t=\d+$/);
    await get("/address", from("198.51.100.1"));
    const refused = await get("/address", from("198.51.100.1"));
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({ code: "rate-limited", "violated-policies": ["twice"] });
    const [, reset = ""] = /^"twice";r=0;t=(\d+)$/.exec(refused.header("ratelimit") ?? "") ?? [];
    expect(Number(refused.header("retry-after"))).toBeGreaterThanOrEqual(Math.max(1, Number(reset)));
    expect(refused.header("access-control-allow-origin")).toBeUndefined();
    expect(await gateway.line(refused.header("x-request-id"))).toMatchObject({
      status: 429,
      fault: "client",
    });
  });

  it("counts each address, and an IPv6 network as one, on each route by itself", async () => {
    const addresses = [
      "2001:db8:0:1::1",
      "2001:db8:0:1:ffff::2",
      "2001:db8:0:1:2:3:4:5",
      "2001:db8:0:2::1",
      "203.0.113.1",
    ];
    expect(await inTurn(addresses.map((address) => ["/address", from(address)]))).toEqual([
      200, 200, 429, 200, 200,
    ]);
    expect(await inTurn([["/address/again", from("2001:db8:0:1::1")]])).toEqual([200]);
  });

  it("counts by a header field, and all callers without it as one", async () => {
    const key = (value: string) => ["/header", { headers: { "x-key": value } }] as const;
    expect(await inTurn([key("a"), key("a"), key("a"), key("b"), key("A")])).toEqual([
      200, 200, 429, 200, 200,
    ]);
    expect(await inTurn([["/header"], ["/header"], ["/header"]])).toEqual([200, 200, 429]);
  });

  it("counts by several values together, which cannot be made to read alike", async () => {
    const paths = [
      "/params/a?q=b",
      "/params/a?q=b",
      "/params/a?q=b",
      "/params/ab?q=",
      "/params/a?q=c",
      "/params/A?q=b",
    ];
    expect(await inTurn(paths.map((path) => [path]))).toEqual([200, 200, 429, 200, 200, 200]);
  });

  it("counts by who calls, whatever the token", async () => {
    const calls = await Promise.all(
      [{ sub: "ada", jti: "1" }, { sub: "ada", jti: "2" }, { sub: "ada", jti: "3" }, { sub: "bob" }].map(
        token,
      ),
    );
    expect(await inTurn(calls.map((init) => ["/identity", init]))).toEqual([200, 200, 429, 200]);
    expect(await inTurn([["/identity"]])).toEqual([401]);
    const org = await Promise.all(
      [
        { sub: "a", org: "tea" },
        { sub: "b", org: "tea" },
        { sub: "c", org: "tea" },
      ].map(token),
    );
    expect(await inTurn(org.map((init) => ["/claim", init]))).toEqual([200, 200, 429]);
  });

  it("by address stands before access, so that guessing is limited too", async () => {
    const guess = { headers: { ...from("198.51.100.9").headers, ...bearing("guess") } };
    expect(
      await inTurn([
        ["/before-access", guess],
        ["/before-access", guess],
        ["/before-access", guess],
      ]),
    ).toEqual([401, 401, 429]);
  });

  it("of several refuses by the first that is used up, and all are told", async () => {
    const answers: HttpResponse[] = [];
    for (let index = 0; index < 4; index++) answers.push(await get("/two", from(`192.0.2.${index}`)));
    expect(statuses(answers)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.header("ratelimit-policy")).toBe('"day";q=100;w=86400, "burst";q=3;w=60');
    expect(answers[0]?.header("ratelimit")).toMatch(/^"day";r=99;t=\d+, "burst";r=2;t=\d+$/);
    expect(answers[3]?.json()["violated-policies"]).toEqual(["burst"]);
  });

  it("is not spent by what is no request to the route", async () => {
    const preflight = {
      method: "OPTIONS",
      headers: {
        ...from("192.0.2.77").headers,
        origin: "https://shop.example",
        "access-control-request-method": "GET",
      },
    };
    const posted = { ...from("192.0.2.77"), method: "POST" };
    const mine = from("192.0.2.77");
    expect(
      await inTurn([
        ["/address", preflight],
        ["/address", posted],
        ["/address", mine],
        ["/address", mine],
        ["/address", mine],
      ]),
    ).toEqual([204, 405, 200, 200, 429]);
  });

  it("by a store that is gone refuses or lets through, as it is told, and quickly", async () => {
    const stranded = await serveGateway(built, {
      PARTNER_SECRET: SECRET,
      UPSTASH_REDIS_REST_URL: await deadUrl(),
      UPSTASH_REDIS_REST_TOKEN: "token",
    });
    try {
      const started = performance.now();
      const [denied, allowed] = await Promise.all([
        ask(stranded.port, "/deny"),
        ask(stranded.port, "/allow"),
      ]);
      expect(performance.now() - started).toBeLessThan(2_000);
      expect([denied.status, denied.json().code]).toEqual([503, "store-unavailable"]);
      expect(await stranded.line(denied.header("x-request-id"))).toMatchObject({ fault: "gateway" });
      expect(allowed.status).toBe(200);
      const line = await stranded.line(allowed.header("x-request-id"));
      expect(line.notes).toEqual([expect.stringContaining("limit store failed")]);
      expect(line).not.toHaveProperty("code");
    } finally {
      await stranded.stop();
    }
  });

  it("of which only half is configured does the same, and leaves the rest of the gateway alone", async () => {
    const half = await serveGateway(built, {
      PARTNER_SECRET: SECRET,
      UPSTASH_REDIS_REST_URL: await deadUrl(),
    });
    try {
      const denied = await ask(half.port, "/deny");
      expect([denied.status, denied.json().code]).toEqual([503, "store-unavailable"]);
      expect(await half.line(denied.header("x-request-id"))).toMatchObject({
        cause: expect.stringContaining("must be set together"),
      });
      expect((await ask(half.port, "/allow")).status).toBe(200);
      expect((await ask(half.port, "/_gateway/health")).status).toBe(200);
    } finally {
      await half.stop();
    }
  });
});
