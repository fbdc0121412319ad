import { createServer } from "node:http";
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
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
const DAY_S = 86_400;
const redisServer = findRedisServer();
let built: BuiltGateway;
let origin: Origin;

beforeAll(async () => {
  [built, origin] = await Promise.all([buildGateway("limit-options.ts"), startOrigin()]);
  await Promise.all(
    places.map(async (place) => {
      place.gateway = await serveGateway(built, { ...variables(), ...(await place.open()) });
      const asked = () => ask(place.gateway.port, "/trial");
      // Before all else: operators are told some seconds later.
      place.trial = [await asked(), await asked(), await asked()];
    }),
  );
});

afterAll(async () => {
  await Promise.all(places.map(({ gateway }) => gateway?.stop()));
  await Promise.all([origin?.stop(), ...places.map((place) => place.close())]);
  await removeGateway(built);
});

const variables = () => ({ PARTNER_SECRET, ISOGATE_ADMIN_SECRET, ORIGIN: origin.url });
const from = (address: string, authorization?: string): HttpRequest => ({
  headers: { "cf-connecting-ip": address, ...(authorization !== undefined && { authorization }) },
});
const ada = async () => bearing(await signWithSecret(PARTNER_SECRET, { iss: PARTNER })).authorization;
const statuses = (answers: readonly HttpResponse[]) => answers.map(({ status }) => status);
/** Seconds until the next day of the clock, in which every window of these tests ends. */
const untilMidnight = () => DAY_S - (Math.floor(Date.now() / 1_000) % DAY_S);

/** A limit as the `RateLimit` fields tell it. */
interface Told {
  readonly q: number;
  readonly w: number;
  readonly r: number;
  readonly t: number;
}

/** Reads the fields strictly (draft-ietf-httpapi-ratelimit-headers-10 §3, §4), and holds them to one another. */
function told(answer: HttpResponse): Readonly<Record<string, Told>> {
  const items = (field: string, pattern: RegExp) =>
    answer.all(field).flatMap((value) =>
      value.split(", ").map((item) => {
        const match = pattern.exec(item);
        expect([field, item, match]).toEqual([field, item, expect.anything()]);
        return match!;
      }),
    );
  const policies = items("ratelimit-policy", /^"([A-Za-z0-9._-]+)";q=(\d{1,15});w=(\d{1,15})$/);
  const left = items("ratelimit", /^"([A-Za-z0-9._-]+)";r=(\d{1,15});t=(\d{1,15})$/);
  expect(left.map(([, name]) => name)).toEqual(policies.map(([, name]) => name));
  const limits = policies.map(([, name = "", q, w], index) => {
    const [, , r, t] = left[index]!;
    return [name, { q: Number(q), w: Number(w), r: Number(r), t: Number(t) }] as const;
  });
  for (const [, { q, w, r }] of limits) expect([r <= q, w > 0]).toEqual([true, true]);
  if (answer.status === 429) {
    const violated = answer.json<{ "violated-policies": string[] }>()["violated-policies"];
    const resets = limits.filter(([name]) => violated.includes(name)).map(([, { t }]) => t);
    expect(Number(answer.header("retry-after"))).toBeGreaterThanOrEqual(Math.max(1, ...resets));
  }
  return Object.fromEntries(limits);
}

/** What is left of each limit that is told. */
function left(answer: HttpResponse): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(told(answer)).map(([name, { r }]) => [name, r]));
}

/** A gateway, and where it keeps its counters. */
interface Place {
  readonly name: string;
  gateway: ServedGateway;
  /** Of three requests to the route with a limit on trial. */
  trial: readonly HttpResponse[];
  /** @returns the gateway's environment for it. */
  open(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
  /** How often the store has been asked; undefined where that is not seen. */
  calls(): number | undefined;
}

const unserved = { gateway: undefined as never, trial: [] };
const durableObjects: Place = {
  ...unserved,
  name: "Durable Objects",
  open: async () => ({}),
  close: async () => {},
  calls: () => undefined,
};

function upstash(binary: string): Place {
  let redis: RunningRedis;
  let front: UpstashFront;
  return {
    ...unserved,
    name: "Upstash",
    async open() {
      redis = await startRedis(binary);
      front = await startUpstashFront(redis.port);
      return { UPSTASH_REDIS_REST_URL: front.url, UPSTASH_REDIS_REST_TOKEN: front.token };
    },
    async close() {
      await front?.stop();
      await redis?.stop();
    },
    calls: () => front.requests.length,
  };
}

const places = [durableObjects, ...(redisServer === undefined ? [] : [upstash(redisServer)])];
if (redisServer === undefined) {
  const why = "redis-server is not installed, so limits in Upstash were NOT tested against a real Redis";
  console.warn(`SKIPPED: ${why}`);
  it.skip(why, () => {});
}

describe.each(places)("limits in $name", (place) => {
  const get = (path: string, init: HttpRequest = from("192.0.2.1")) => ask(place.gateway.port, path, init);
  async function inTurn(times: number, path: string, init?: HttpRequest): Promise<HttpResponse[]> {
    const answers: HttpResponse[] = [];
    for (let index = 0; index < times; index++) answers.push(await get(path, init));
    return answers;
  }
  const atOnce = (times: number, path: string, init?: HttpRequest) =>
    Promise.all(Array.from({ length: times }, () => get(path, init)));
  /** Waits until the store has nothing more to do. @returns how often it has been asked */
  async function settled(): Promise<number | undefined> {
    let last: number | undefined;
    const rests = () => {
      const before = last;
      last = place.calls();
      return last === before;
    };
    await expect.poll(rests).toBe(true);
    return last;
  }
  /** Expects that a request has the store asked so often, where that is seen. */
  async function costing(calls: number, path: string, init?: HttpRequest): Promise<HttpResponse> {
    const before = await settled();
    const answer = await get(path, init);
    const after = await settled();
    if (before !== undefined) expect(after! - before).toBe(calls);
    return answer;
  }

  it.each([
    // Of three that weigh whole at midnight one has left right after.
    ["sliding", DAY_S, untilMidnight],
    ["fixed", DAY_S, untilMidnight],
    // Of the bucket's three tokens one flows in each hour.
    ["bucket", 3 * 3_600, () => 3_600],
  ])("count by %s, and tell what is left and when there is more", async (name, window, more) => {
    const answers = await inTurn(5, `/${name}`);
    expect(statuses(answers)).toEqual([200, 200, 200, 429, 429]);
    expect(answers.map(told).map((each) => [each[name]?.q, each[name]?.w])).toEqual(
      Array(5).fill([3, window]),
    );
    expect(answers.map((each) => left(each)[name])).toEqual([2, 1, 0, 0, 0]);
    for (const answer of answers) expect(Math.abs(told(answer)[name]!.t - more())).toBeLessThanOrEqual(3);
  });

  it.each(["sliding", "fixed", "bucket"])(
    "never let more through by %s, however many come at once",
    async (name) => {
      const answers = await atOnce(40, `/${name}`, from("192.0.2.40"));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(37);
    },
  );

  it.each([
    ["?count=7", 200, 3],
    ["", 200, 2],
    ["?count=3", 429, 2],
    ["?count=11", 400, undefined],
    ["?count=-1", 400, undefined],
    ["?count=1&count=9", 400, undefined],
    ["?count=2", 200, 0],
    ["?count=1", 429, 0],
  ])("cost what the query says: %j", async (query, status, rest) => {
    // What cannot be used is refused before the store is asked.
    const answer = await costing(status === 400 ? 0 : 1, `/cost${query}`);
    expect([answer.status, left(answer).units]).toEqual([status, rest]);
    if (status === 400) expect(answer.json().code).toBe("unusable-value");
  });

  it("take from all of several or from none", async () => {
    const init = from("192.0.2.3");
    expect((await inTurn(2, "/several/assam", init)).map(left)).toEqual([
      { burst: 1, day: 8, bucket: 6 },
      { burst: 0, day: 7, bucket: 5 },
    ]);
    for (const refused of await inTurn(20, "/several/assam", init)) {
      expect([refused.status, refused.json()["violated-policies"]]).toEqual([429, ["burst"]]);
    }
    // What was reserved is given back after the answer.
    const rest = async () => left(await get("/several/assam", init));
    await expect.poll(rest).toEqual({ burst: 0, day: 7, bucket: 5 });
    expect(left(await costing(3, "/several/sencha", init))).toEqual({ burst: 1, day: 6, bucket: 4 });
    await expect.poll(rest).toEqual({ burst: 0, day: 6, bucket: 4 });
    // Three takes, and two of them given back.
    expect((await costing(5, "/several/assam", init)).status).toBe(429);
  });

  it("never let more through than each of several allows, however many come at once", async () => {
    const init = from("192.0.2.4");
    const teas = Array.from({ length: 40 }, (_, index) => `/several/tea-${index % 8}`);
    const answers = await Promise.all(teas.map((path) => get(path, init)));
    let granted = answers.filter(({ status }) => status === 200).length;
    expect(granted).toBeLessThanOrEqual(7);
    // Where those that were refused had reserved what others wanted, it is there again.
    let more = 0;
    const another = async () => {
      if ((await get(`/several/more-${more++}`, init)).status === 200) granted++;
      return granted;
    };
    await expect.poll(another).toBe(7);
    for (let index = 0; index < 3; index++) expect(await another()).toBe(7);
  });

  it("give back what was taken before authentication where one after it refuses", async () => {
    const init = from("192.0.2.5", await ada());
    expect(statuses(await inTurn(6, "/staged", init))).toEqual([200, 200, 429, 429, 429, 429]);
    await expect.poll(async () => left(await get("/staged", init))).toEqual({ before: 7, after: 0 });
    // What is refused for another reason was a request all the same.
    expect(left(await get("/staged", from("192.0.2.5", "Bearer guess")))).toEqual({ before: 6 });
  });

  it("count failed authentications exactly, and then turn away good tokens of that address too", async () => {
    const [good, bad] = [from("192.0.2.6", await ada()), from("192.0.2.6", "Bearer guess")];
    const fine = await costing(1, "/guarded", good);
    expect([fine.status, told(fine)]).toEqual([200, {}]);
    expect((await get("/guarded", from("192.0.2.6"))).json().code).toBe("credential-missing");
    const failed = [
      await costing(2, "/guarded", bad),
      await costing(2, "/guarded", bad),
      await costing(2, "/guarded", bad),
    ];
    expect(statuses(failed)).toEqual([401, 401, 401]);
    expect(failed.map((answer) => left(answer).guesses)).toEqual([2, 1, 0]);
    for (const init of [bad, good]) {
      const refused = await costing(1, "/guarded", init);
      expect([refused.status, left(refused)]).toEqual([429, { guesses: 0 }]);
    }
    expect((await get("/guarded", from("192.0.2.7", await ada()))).status).toBe(200);
    const answers = await atOnce(40, "/guarded", from("192.0.2.8", "Bearer guess"));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(37);
  });

  it("in front of the origin leave hits alone", async () => {
    const first = await costing(1, "/cached?page=1");
    expect([first.status, told(first)]).toEqual([200, {}]);
    for (let index = 0; index < 5; index++) {
      expect((await costing(0, "/cached?page=1")).header("cache-status")).toContain("hit");
    }
    const refused = await get("/cached?page=2");
    expect([refused.status, refused.json()["violated-policies"]]).toEqual([429, ["origin"]]);
    expect(Number(refused.header("retry-after"))).toBeGreaterThan(0);
    expect((await get("/cached?page=1")).status).toBe(200);
  });

  it("in front of the origin give way to what is stored for errors", async () => {
    const asked = (await origin.requests("/stale")).length;
    expect((await get("/stale")).status).toBe(200);
    const outcome = async () => (await get("/stale")).header("cache-status");
    await expect.poll(outcome, { interval: 50, timeout: 5_000 }).toContain("stale-if-error");
    const answer = await get("/stale");
    expect(answer.status).toBe(200);
    const { notes } = await place.gateway.line(answer.header("x-request-id"));
    expect(notes).toContain("cache: served stale: rate-limited");
    expect(await origin.requests("/stale")).toHaveLength(asked + 1);
  });

  it("of a group are one counter for all its routes", async () => {
    const init = from("192.0.2.9");
    expect(left(await get("/group/a", init))).toEqual({ shared: 3 });
    expect(left(await get("/group/b", init))).toEqual({ dear: 1 });
    expect((await get("/group/b", init)).status).toBe(429);
    expect(left(await get("/group/a", init))).toEqual({ shared: 0 });
    expect((await get("/group/a", init)).status).toBe(429);
  });

  it("on trial refuse nobody, and say so in the log and to operators", async () => {
    const { trial, gateway } = place;
    expect(statuses(trial)).toEqual([200, 200, 200]);
    expect(trial.map(left)).toEqual([{ real: 99 }, { real: 98 }, { real: 97 }]);
    const lines = await Promise.all(trial.map((answer) => gateway.line(answer.header("x-request-id"))));
    const reason = "At most 1 requests per 1d are allowed.";
    const report = [{ policy: "rateLimit", code: "rate-limited", reason }];
    expect(lines.map(({ reported }) => reported)).toEqual([undefined, report, report]);
    const counted = async () => {
      const authorization = `Bearer ${ISOGATE_ADMIN_SECRET}`;
      const answer = await get("/_gateway/admin/refusals", { headers: { authorization } });
      const { counts } = answer.json<{ counts: Array<{ route: string }> }>();
      return counts.filter(({ route }) => route === "GET /trial");
    };
    await expect
      .poll(counted, { interval: 250, timeout: 20_000 })
      .toEqual([
        { route: "GET /trial", code: "rate-limited", mode: "report", policy: "rateLimit", count: 2 },
      ]);
  });
});

describe("limits", () => {
  it("in Durable Objects outlive the process", async () => {
    const first = await serveGateway(built, variables());
    const answers = [await ask(first.port, "/restarted"), await ask(first.port, "/restarted")];
    expect(answers.map(left)).toEqual([{ restarted: 4 }, { restarted: 3 }]);
    await first.stop();
    const second = await serveGateway(built, variables(), first);
    try {
      expect(left(await ask(second.port, "/restarted"))).toEqual({ restarted: 2 });
    } finally {
      await second.stop();
    }
  });

  it("wait no longer for a store that hangs than the request has time", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : "";
    const gateway = await serveGateway(built, {
      ...variables(),
      UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${port}`,
      UPSTASH_REDIS_REST_TOKEN: "token",
    });
    try {
      // The first call also evaluates the store's libraries.
      await ask(gateway.port, "/sliding");
      const answer = await ask(gateway.port, "/hurried");
      expect([answer.status, answer.json().code]).toEqual([503, "store-unavailable"]);
      const { ms } = await gateway.line(answer.header("x-request-id"));
      expect(ms).toBeGreaterThanOrEqual(190);
      expect(ms).toBeLessThan(900);
    } finally {
      await gateway.stop();
      silent.closeAllConnections();
      silent.close();
    }
  });
});
