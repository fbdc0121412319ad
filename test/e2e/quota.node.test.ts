import { describe, expect, it } from "vitest";
import { type ServedGateway, serveGateway } from "../support/gateway.ts";
import { ask, type HttpResponse } from "../support/raw-http.ts";
import { bearing, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";
const ISOGATE_ADMIN_SECRET = "operators only.7f3a91";
const HOOK_TOKEN = "known to the gateway and to who is told";
const variables = (url: string) => ({ ORIGIN: url, PARTNER_SECRET, ISOGATE_ADMIN_SECRET, HOOK_TOKEN });

const served = serve("quotas.ts", (origin) => variables(origin.url));

/** What a caller is told of one quota. */
interface Usage {
  readonly name: string;
  readonly period: { readonly start: string; readonly end: string; readonly timeZone: string };
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
}

let callers = 0;
/** Somebody who has not called before. */
async function caller(gateway = () => served.gateway) {
  const sub = `caller-${++callers}`;
  const headers = bearing(await signWithSecret(PARTNER_SECRET, { iss: PARTNER, sub }));
  const get = (path: string) => ask(gateway().port, path, { headers });
  const usage = async (name: string) => {
    const { quotas } = (await get("/_gateway/usage")).json<{ quotas: Usage[] }>();
    return quotas.find((quota) => quota.name === name)!;
  };
  return { id: `${PARTNER}#${sub}`, get, usage };
}

const statuses = (answers: readonly HttpResponse[]) => answers.map(({ status }) => status);

function admin(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  return ask(served.gateway.port, `/_gateway/admin/quotas${path}`, {
    method,
    headers: {
      authorization: `Bearer ${ISOGATE_ADMIN_SECRET}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

describe("a quota", () => {
  it("is one of a caller's over all routes that name it, and says so until it is used up", async () => {
    const { get, usage } = await caller();
    const first = await get("/monthly");
    expect(first.header("ratelimit-policy")).toMatch(/^"monthly";q=5;w=\d+$/);
    expect(first.header("ratelimit")).toMatch(/^"monthly";r=4;t=\d+$/);
    for (const path of ["/monthly/too", "/monthly", "/monthly/too", "/monthly"]) {
      expect((await get(path)).status).toBe(200);
    }
    const refused = await get("/monthly/too");
    expect([refused.status, refused.header("content-type")]).toEqual([429, "application/problem+json"]);
    expect(refused.json()).toMatchObject({
      type: "/_gateway/errors#quota-exceeded",
      code: "quota-exceeded",
      "violated-policies": ["monthly"],
    });
    const { period, used, remaining } = await usage("monthly");
    expect([used, remaining]).toEqual([5, 0]);
    const [, reset = ""] = /^"monthly";r=0;t=(\d+)$/.exec(refused.header("ratelimit") ?? "") ?? [];
    expect(Number(refused.header("retry-after"))).toBe(Number(reset));
    const ends = Date.parse(period.end) - Date.now();
    expect(Math.abs(ends / 1_000 - Number(reset))).toBeLessThan(5);
    expect((await (await caller()).get("/monthly")).status).toBe(200);
  });

  it("is exact however many ask at once", async () => {
    const answers = await Promise.all(Array.from({ length: 120 }, () => ask(served.gateway.port, "/exact")));
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(40);
    expect(statuses(answers).filter((status) => status === 429)).toHaveLength(80);
  });

  it("is not touched by what a rate limit refuses, and takes nothing of one by what it refuses", async () => {
    const { get, usage } = await caller();
    expect(statuses([await get("/limited"), await get("/limited"), await get("/limited")])).toEqual([
      200, 429, 429,
    ]);
    expect((await usage("large")).used).toBe(1);

    const before: HttpResponse[] = [];
    for (let n = 0; n < 4; n++) before.push(await get("/limited-before"));
    expect(statuses(before)).toEqual([200, 429, 429, 429]);
    await expect
      .poll(async () => (await get("/limited-before")).header("ratelimit"), { timeout: 5_000 })
      .toMatch(/^"twenty";r=19;/);
  });

  it("of several takes from all or from none", async () => {
    const { get, usage } = await caller();
    expect(statuses([await get("/both"), await get("/both"), await get("/both")])).toEqual([200, 429, 429]);
    await expect.poll(async () => (await usage("large")).used, { timeout: 5_000 }).toBe(1);
    expect((await usage("narrow")).used).toBe(1);
  });
});

describe("usage", () => {
  it("is the caller's own, whether it has used anything or not, and costs nothing", async () => {
    const { usage, get } = await caller();
    const { used, period, ...rest } = await usage("monthly");
    expect({ used, ...rest }).toEqual({ name: "monthly", limit: 5, used: 0, remaining: 5 });
    expect(period.timeZone).toBe("Europe/Berlin");
    expect(period.start).toMatch(/T00:00:00\+0[12]:00$/);
    expect((await get("/_gateway/usage")).header("cache-control")).toBe("no-store");
    expect((await usage("monthly")).used).toBe(0);
  });

  it("is for who may call, and the gateway's other paths stay its own", async () => {
    expect((await ask(served.gateway.port, "/_gateway/usage")).status).toBe(401);
    expect((await ask(served.gateway.port, "/_gateway/usage?x=1")).status).toBe(401);
    expect((await ask(served.gateway.port, "/_gateway/usages")).status).toBe(404);
    expect((await ask(served.gateway.port, "/_gateway/health")).status).toBe(200);
  });
});

describe("administrators", () => {
  it("see what anybody has used, and give the period anew, once for each act", async () => {
    const { get, id } = await caller();
    const path = `/monthly?identity.id=${encodeURIComponent(id)}`;
    expect((await admin("GET", path)).status).toBe(404);
    for (let n = 0; n < 6; n++) await get("/monthly");
    expect((await admin("GET", path)).json()).toMatchObject({
      name: "monthly",
      counted: { "identity.id": id },
      used: 5,
      limit: 5,
      remaining: 0,
    });
    const reset = () =>
      admin("PUT", path, { used: 0, reason: "an outage of ours" }, { "idempotency-key": "one" });
    expect((await reset()).json()).toMatchObject({ used: 0, remaining: 5 });
    expect((await get("/monthly")).status).toBe(200);
    expect((await reset()).json()).toMatchObject({ used: 1 });
    const other = await admin("PUT", path, { used: 3, reason: "more" }, { "idempotency-key": "one" });
    expect([other.status, other.json().code]).toEqual([409, "conflict"]);
    const audit = await admin("GET", path.replace("?", "/audit?"));
    expect(audit.json()).toMatchObject({
      lines: [{ number: 1, actor: "operator", reason: "an outage of ours", before: 5, after: 0 }],
    });
  });

  it("are told what is wrong", async () => {
    const put = (body: object) => admin("PUT", "/monthly?identity.id=x", body);
    expect((await put({ used: 0 })).json()).toMatchObject({ code: "malformed-body", field: "reason" });
    expect((await put({ used: -1, reason: "x" })).json()).toMatchObject({ field: "used" });
    expect((await put({ used: 1, reason: "x", more: 1 })).json()).toMatchObject({ field: "more" });
    for (const query of ["", "?who=x", "?identity.id="]) {
      expect((await admin("GET", `/monthly${query}`)).json()).toMatchObject({ code: "malformed-query" });
    }
    const anybody = await ask(served.gateway.port, "/_gateway/admin/quotas/monthly?identity.id=x");
    expect(anybody.status).toBe(401);
  });
});

describe("warnings", () => {
  it("stand in the answers, and reach who is to be told though it fails twice", async () => {
    const { get, id } = await caller();
    const { origin } = served;
    await origin.answer("/hooks/quota", { status: 500 }, { status: 503 }, { status: 204 });
    expect((await get("/watched?cost=4")).header("quota-warning")).toBeUndefined();
    const passed = await get("/watched?cost=1");
    expect(passed.header("quota-warning")).toBe('"watched";used=0.5;at=0.5');
    await expect
      .poll(async () => (await origin.requests("/hooks/quota")).length, { timeout: 15_000 })
      .toBe(3);
    const told = await origin.requests("/hooks/quota");
    const field = (index: number, name: string) =>
      told[index]?.headers.find(([key]) => key.toLowerCase() === name)?.[1];
    expect(told[0]?.method).toBe("POST");
    expect([0, 1, 2].map((index) => field(index, "authorization"))).toEqual(
      Array.from({ length: 3 }, () => `Bearer ${HOOK_TOKEN}`),
    );
    expect(field(0, "idempotency-key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set([0, 1, 2].map((index) => field(index, "idempotency-key"))).size).toBe(1);
    const { text } = await origin.wait("chunk", ({ exchange }) => exchange === told[2]?.exchange);
    expect(JSON.parse(text)).toMatchObject({
      id: field(0, "idempotency-key"),
      type: "quota.threshold-passed",
      quota: "watched",
      counted: [`identity.id=${id}`],
      threshold: 0.5,
      used: 5,
      limit: 10,
    });
    // The next share is another matter; this one is done with.
    expect((await get("/watched?cost=4")).header("quota-warning")).toBe('"watched";used=0.9;at=0.9');
    await expect
      .poll(async () => (await origin.requests("/hooks/quota")).length, { timeout: 15_000 })
      .toBe(4);
  });
});

describe("the process may be killed", () => {
  it("amid requests: none that was answered is uncounted, and warnings that were not sent still are", async () => {
    const { origin } = served;
    await origin.answer("/hooks/quota", { status: 500 });
    const before = (await origin.requests("/hooks/quota")).length;
    let gateway: ServedGateway = await serveGateway(served.built, variables(origin.url));
    const { get, usage } = await caller(() => gateway);
    let [sent, answered] = [0, 0];
    let calling = true;
    const loads = Array.from({ length: 8 }, async () => {
      while (calling) {
        sent++;
        const answer = await get("/large").catch(() => undefined);
        if (answer?.status !== 200 || !answer.complete) return;
        answered++;
      }
    });
    expect((await get("/watched?cost=5")).status).toBe(200);
    await expect
      .poll(async () => (await origin.requests("/hooks/quota")).length, { timeout: 10_000 })
      .toBeGreaterThan(before);
    await expect.poll(() => answered, { timeout: 20_000, interval: 5 }).toBeGreaterThan(300);
    // SIGKILL.
    await gateway.stop();
    calling = false;
    await Promise.all(loads);

    await origin.answer("/hooks/quota", { status: 204 });
    const failed = (await origin.requests("/hooks/quota")).length;
    gateway = await serveGateway(served.built, variables(origin.url), gateway);
    try {
      const { used } = await usage("large");
      expect(used).toBeGreaterThanOrEqual(answered);
      expect(used).toBeLessThanOrEqual(sent);
      expect((await usage("watched")).used).toBe(5);
      await expect
        .poll(async () => (await origin.requests("/hooks/quota")).length, { timeout: 15_000 })
        .toBe(failed + 1);
    } finally {
      await gateway.stop();
    }
  });
});
