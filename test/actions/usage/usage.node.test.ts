import { describe, expect, it } from "vitest";
import { check, options, type UsageOptions } from "../../../src/actions/usage/usage.ts";
import { defineGateway, defineRoutes, upstream } from "../../../src/manifest/index.ts";
import { jwt, meter, quota } from "../../../src/manifest/presets.ts";
import { build, manifestOf, mistakesIn } from "../../manifest/compiler/judge.ts";
import { ADA, asAda, gatewayOf } from "../../support/in-process.ts";

const keys = { url: "https://login.example/keys" };
const token = jwt({ issuers: { issuer: "https://login.example", audience: "shop", keys } });
const NOW = Date.parse("2026-10-25T12:00:00Z");
const daily = quota({ name: "daily", limit: 3, period: "day", timeZone: "Europe/Berlin" });
const monthly = quota({ name: "monthly", limit: 100, period: "month", plans: { gold: 200 } });

const to = { upstream: upstream("billing", { origin: "https://billing.example" }), path: "/events" };
const reports = meter({ event: "report", durable: true, prepaid: { reserve: 1 }, to });
const tokens = meter({
  event: "tokens",
  value: "response.headers.x",
  durable: true,
  prepaid: { reserve: 9 },
  to,
});

describe("usage", () => {
  it("tells the caller of its credit, and which meters take from it", async () => {
    const { ask, deps } = gatewayOf({
      "GET /a": { access: asAda, meter: reports, respond: {} },
      "GET /usage": {
        access: asAda,
        usage: { credits: [reports, tokens, { ...reports, event: "other", by: "identity.claims.org" }] },
      },
    });
    const once = { key: "k", fingerprint: "" };
    await deps.meters.store.topUp(ADA.id, { units: 5, reason: "", actor: "", once });
    await ask("/a");
    await deps.meters.store.reserve(ADA.id, "under way", 3);
    const answer = await ask("/usage");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const meters = [
      { event: "report", reserve: 1 },
      { event: "tokens", reserve: 9 },
    ];
    expect(await answer.json()).toEqual({
      credits: [
        { balance: 4, reserved: 3, meters },
        { balance: 0, reserved: 0, meters: [{ event: "other", reserve: 1 }] },
      ],
    });
  });

  it("answers 503 where credit cannot be looked up", async () => {
    const { ask, deps } = gatewayOf({ "GET /usage": { access: asAda, usage: { credits: [reports] } } });
    deps.meters.store.credit = () => Promise.reject(new Error("down"));
    expect((await ask("/usage")).status).toBe(503);
  });

  it("bundles what it shows, and nothing else", () => {
    const partsOf = (usage: UsageOptions) =>
      build(
        manifestOf(defineGateway({ routes: [defineRoutes({ access: token }, { "GET /usage": { usage } })] })),
      ).compiled.partNames;
    expect(partsOf({ quotas: [daily] })).toEqual(["quotas"]);
    expect(partsOf({ credits: [reports] })).toEqual(["meters"]);
    expect(partsOf({ quotas: [daily], credits: [reports] })).toEqual(["meters", "quotas"]);
  });

  it("shows something, and no meter that nobody pays for in advance", () => {
    const mistakes = (usage: UsageOptions) => mistakesIn({ "GET /usage": { access: token, usage } }).join();
    expect(mistakes({})).toMatch(/shows nothing/);
    expect(mistakes({ credits: [meter({ event: "e", to })] })).toMatch(/takes from no credit/);
    expect(mistakes({ credits: [reports] })).toBe("");
    const open = { "GET /usage": { access: "public", usage: { credits: [reports] } } } as const;
    expect(mistakesIn(open).join()).toMatch(/identity/);
  });

  it("tells the caller what is used of each quota, and consumes nothing", async () => {
    const { ask } = gatewayOf(
      {
        "GET /a": { access: asAda, quota: [daily, monthly], respond: {} },
        "GET /usage": { access: asAda, usage: { quotas: [daily, monthly] } },
      },
      { now: () => NOW },
    );
    const day = {
      name: "daily",
      period: {
        start: "2026-10-25T00:00:00+02:00",
        end: "2026-10-26T00:00:00+01:00",
        timeZone: "Europe/Berlin",
      },
      limit: 3,
    };
    const usage = async () => (await ask("/usage")).json<{ quotas: object[] }>();
    expect((await usage()).quotas[0]).toEqual({ ...day, used: 0, remaining: 3 });
    await ask("/a");
    await ask("/a");
    const answer = await ask("/usage");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toEqual({
      quotas: [
        { ...day, used: 2, remaining: 1 },
        {
          name: "monthly",
          period: { start: "2026-10-01T00:00:00Z", end: "2026-11-01T00:00:00Z", timeZone: "UTC" },
          limit: 100,
          used: 2,
          remaining: 98,
        },
      ],
    });
  });

  it("is not told of what a caller could name for another", () => {
    const { quotas } = options().parse({
      quotas: [
        { ...daily, by: ["identity.id", "params.who"] },
        { ...monthly, by: ["identity.claims.org"] },
      ],
    });
    expect(check({ quotas, credits: [] }).map(({ path }) => path)).toEqual([["quotas", "0", "by"]]);
  });

  it("is for callers who are known, and not for a cache", () => {
    const usage = { usage: { quotas: [daily] } };
    expect(mistakesIn({ "GET /usage": { access: "public", ...usage } }).join()).toMatch(/identity/);
    expect(mistakesIn({ "GET /usage": { access: token, cache: { ttl: "1m" }, ...usage } }).join()).toMatch(
      /identity/,
    );
  });

  it("may stand in its one place among the gateway's own paths, and nothing else may", () => {
    const own = (line: string) => /the gateway's own/.test(line);
    const usage = { access: token, usage: { quotas: [daily] } };
    expect(mistakesIn({ "GET /_gateway/usage": usage }).filter(own)).toEqual([]);
    expect(mistakesIn({ "GET /_gateway/other": usage }).filter(own)).toHaveLength(1);
    expect(mistakesIn({ "GET /_gateway/usage": { access: token, respond: {} } }).filter(own)).toHaveLength(1);
  });
});
