import { describe, expect, it } from "vitest";
import { check, options } from "../../../src/actions/usage/usage.ts";
import { jwt, quota } from "../../../src/manifest/presets.ts";
import { mistakesIn } from "../../manifest/compiler/judge.ts";
import { asAda, gatewayOf } from "../../support/in-process.ts";

const keys = { url: "https://login.example/keys" };
const token = jwt({ issuers: { issuer: "https://login.example", audience: "shop", keys } });
const NOW = Date.parse("2026-10-25T12:00:00Z");
const daily = quota({ name: "daily", limit: 3, period: "day", timeZone: "Europe/Berlin" });
const monthly = quota({ name: "monthly", limit: 100, period: "month", plans: { gold: 200 } });

describe("usage", () => {
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
    expect(check({ quotas }).map(({ path }) => path)).toEqual([["quotas", "0", "by"]]);
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
