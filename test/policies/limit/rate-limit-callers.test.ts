import { describe, expect, it } from "vitest";
import type { RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import { allowed, ask, type Caller, limiter, request } from "./limited.ts";

describe("rateLimit tells callers apart by", () => {
  const apart = async (written: RateLimitOptions, a: Caller, b: Caller, authenticates = false) => {
    const { policy } = limiter(written, { authenticates });
    await ask(policy, request(a));
    return allowed(policy, b);
  };
  const one = { limit: 1, window: "1m" };

  it("address where the route is public", async () => {
    expect(await apart(one, { address: "203.0.113.1" }, { address: "203.0.113.2" })).toBe(true);
    expect(await apart(one, {}, { headers: { "user-agent": "other" } })).toBe(false);
  });

  it("IPv6 network, since a caller has all addresses of it", async () => {
    expect(await apart(one, { address: "2001:db8::1" }, { address: "2001:db8::ffff:2" })).toBe(false);
    expect(await apart(one, { address: "2001:db8::1" }, { address: "2001:db8:0:1::1" })).toBe(true);
  });

  it("identity where the route authenticates", async () => {
    expect(await apart(one, { identity: { id: "a" } }, { identity: { id: "b" } }, true)).toBe(true);
    const moved = { identity: { id: "a" }, address: "203.0.113.2" };
    expect(await apart(one, { identity: { id: "a" } }, moved, true)).toBe(false);
  });

  it.each([
    ["headers.x-api-key", { headers: { "X-Api-Key": "a" } }, { headers: { "X-Api-Key": "b" } }],
    ["query.tenant", { query: "tenant=a" }, { query: "tenant=b" }],
    ["params.org", { params: { org: "a" } }, { params: { org: "b" } }],
    ["identity.consumer", { identity: { consumer: "a" } }, { identity: { consumer: "b" } }],
    ["identity.claims.org", { identity: { claims: { org: "a" } } }, { identity: { claims: { org: "b" } } }],
    [
      "identity.claims.org.id",
      { identity: { claims: { org: { id: "a" } } } },
      { identity: { claims: { org: { id: "b" } } } },
    ],
    ["identity.claims.n", { identity: { claims: { n: 1 } } }, { identity: { claims: { n: 2 } } }],
  ] as const)("%s", async (key, a, b) => {
    expect(await apart({ ...one, by: [key] }, a, b)).toBe(true);
    expect(await apart({ ...one, by: [key] }, a, { ...a, address: "203.0.113.2" })).toBe(false);
  });

  it("several values together", async () => {
    const by = ["address", "query.tenant"] as const;
    expect(await apart({ ...one, by }, { query: "tenant=a" }, { query: "tenant=b" })).toBe(true);
    expect(
      await apart({ ...one, by }, { query: "tenant=a" }, { address: "203.0.113.2", query: "tenant=a" }),
    ).toBe(true);
    expect(await apart({ ...one, by }, { query: "tenant=a" }, { query: "tenant=a" })).toBe(false);
  });

  it("nothing, for one counter over the whole route", async () => {
    expect(await apart({ ...one, by: ["route"] }, {}, { address: "203.0.113.2" })).toBe(false);
  });

  it.each(["headers.x-api-key", "query.tenant", "identity.consumer", "identity.claims.org"] as const)(
    "%s, and counts all without it together",
    async (key) => {
      expect(await apart({ ...one, by: [key] }, {}, { address: "203.0.113.2" })).toBe(false);
    },
  );

  it("address, and counts all whose address is unknown together", async () => {
    expect(await apart(one, { address: "" }, { address: "" })).toBe(false);
  });
});
