import { describe, expect, it } from "vitest";
import { check, options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import { answer, type Caller, facts, limiter } from "./limited.ts";

const refusing = { limit: 5, window: "1m", absent: "refuse" } as const satisfies RateLimitOptions;

describe("a limit that refuses who lacks what it counts by", () => {
  const ask = async (by: RateLimitOptions["by"], caller: Caller, more: Partial<RateLimitOptions> = {}) => {
    const { policy } = limiter({ ...refusing, by: by!, ...more }, { authenticates: true });
    const { status, body, record, headers } = await answer(policy, caller);
    return { status, code: body?.code, detail: body?.detail, record, headers };
  };

  it.each<[string, RateLimitOptions["by"], Caller, string]>([
    ["a header field", ["headers.x-tenant"], {}, "headers.x-tenant is missing."],
    ["an empty one", ["headers.x-tenant"], { headers: { "x-tenant": "" } }, "headers.x-tenant is missing."],
    ["a parameter of the query", ["query.tenant"], { query: "tenant=" }, "query.tenant is missing."],
    ["an address", ["address"], { address: "" }, "address is missing."],
    ["the second of two", ["address", "query.tenant"], {}, "query.tenant is missing."],
  ])("answers 400 where the request has no %s", async (_, by, caller, detail) => {
    expect(await ask(by, caller)).toMatchObject({ status: 400, code: "unusable-value", detail });
  });

  it.each<[string, RateLimitOptions["by"], Caller["identity"]]>([
    ["identity.claims.org", ["identity.claims.org"], { id: "ada", claims: {} }],
    ["identity.claims.org", ["identity.claims.org"], { id: "ada", claims: { org: null } }],
    ["identity.consumer", ["identity.id", "identity.consumer"], { id: "ada" }],
  ])("answers 403 where the identity has no %s", async (source, by, identity) => {
    expect(await ask(by, identity === undefined ? {} : { identity })).toMatchObject({
      status: 403,
      code: "insufficient-rights",
      detail: `The credential has no ${source}.`,
    });
  });

  it("counts who has all of it, and shows them the fields", async () => {
    const { status, headers } = await ask(["headers.x-tenant", "route"], { headers: { "x-tenant": "tea" } });
    expect([status, headers.get("RateLimit")?.includes("r=4")]).toEqual([200, true]);
  });

  it("consumes nothing of the other limits", async () => {
    const { policy } = limiter([
      { limit: 5, window: "1m", name: "all" },
      { ...refusing, name: "tenant", by: ["query.tenant"] },
    ]);
    for (let n = 0; n < 9; n++) expect((await answer(policy)).status).toBe(400);
    const { headers } = await answer(policy, { query: "tenant=tea" });
    expect(headers.get("RateLimit")).toContain('"all";r=4;');
  });

  it("on trial lets them through, and says so", async () => {
    const { status, record } = await ask(["query.tenant"], {}, { mode: "report" });
    expect([status, record.reported]).toEqual([
      200,
      [{ policy: "rateLimit", code: "unusable-value", reason: "query.tenant is missing." }],
    ]);
  });

  it("is of no use where no request can lack it", () => {
    const found = (by: RateLimitOptions["by"]) => check(options().parse({ ...refusing, by: by! }), facts());
    expect(found(["route"])).toMatchObject([{ path: ["absent"] }]);
    expect(found(["route", "query.tenant"])).toEqual([]);
  });
});
