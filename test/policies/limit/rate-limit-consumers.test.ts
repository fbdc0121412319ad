import { describe, expect, it } from "vitest";
import {
  check,
  checkRoutes,
  options,
  type RateLimitOptions,
} from "../../../src/policies/limit/rate-limit.ts";
import { answer, facts, limiter } from "./limited.ts";

const CONSUMERS: RateLimitOptions = {
  limit: 1,
  window: "1m",
  plans: { gold: 3 },
  consumers: { acme: 2, "https://login.example#ada": { limit: 4 } },
};

/** How many of six requests of a caller pass. */
async function passing({ policy }: ReturnType<typeof limiter>, identity: object): Promise<number> {
  let passed = 0;
  for (let n = 0; n < 6; n++) if ((await answer(policy, { identity })).status === 200) passed++;
  return passed;
}

describe("a limit with values for single consumers", () => {
  const limits = () => limiter(CONSUMERS, { authenticates: true });

  it.each([
    ["a consumer", { id: "key-1", consumer: "acme" }, 2],
    ["a consumer, before its plan", { id: "key-1", consumer: "acme", plan: "gold" }, 2],
    ["an identity", { id: "https://login.example#ada" }, 4],
    ["the consumer before the identity", { id: "https://login.example#ada", consumer: "acme" }, 2],
    ["nobody of these, on a plan", { id: "bob", consumer: "zenith", plan: "gold" }, 3],
    ["nobody of these", { id: "acme ", consumer: "ACME" }, 1],
    ["a property that objects inherit", { id: "constructor", consumer: "__proto__" }, 1],
  ])("goes by %s", async (_, identity, times) => {
    expect(await passing(limits(), identity)).toBe(times);
  });

  it("tells them of their own", async () => {
    const { policy } = limits();
    const { headers } = await answer(policy, { identity: { id: "k", consumer: "acme" } });
    expect(headers.get("ratelimit-policy")).toBe('"1-per-1m";q=2;w=60');
  });

  it("has counters of its own for each, apart from a plan's of the same name", async () => {
    const same = { ...CONSUMERS, by: ["route"], plans: { acme: 3 } } as const;
    const both = limiter(same, { authenticates: true });
    expect(await passing(both, { id: "k", consumer: "acme" })).toBe(2);
    expect(await passing(both, { id: "k", plan: "acme" })).toBe(3);
    expect(await passing(both, { id: "k" })).toBe(1);
  });

  it("stands after authentication, whatever it counts by", () => {
    const { policy } = limiter({ ...CONSUMERS, by: ["address"] }, { authenticates: true });
    expect([policy.guard, typeof policy.limit]).toEqual([undefined, "function"]);
  });
});

describe("consumers as written", () => {
  it.each<[object, string]>([
    [{ consumers: {} }, "consumers: names no consumer"],
    [{ consumers: { acme: 0 } }, "consumers.acme: Too small: expected number to be >=1"],
    [
      { consumers: { acme: { limit: 1, burst: 2 } } },
      'consumers.acme.burst: is for algorithm: "tokenBucket" alone',
    ],
    [
      { limit: 5, plans: undefined, cost: 3, consumers: { acme: 2 } },
      "cost: must be at most 2: more could never be granted to acme",
    ],
    [{ plans: undefined, on: "authFailure" }, "consumers: who fails to authenticate is nobody yet"],
    [{ plans: undefined, count: "origin" }, "consumers: what the origin bears does not depend on who asks"],
  ])("%j are refused", (more, message) => {
    const { error } = options().safeParse({ ...CONSUMERS, ...more });
    expect(error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`)).toContain(message);
  });

  it("are refused on a public route, and where routes of one group differ in them", () => {
    const { plans: _, ...without } = CONSUMERS;
    const limit = options().parse(without);
    expect(check(limit, facts())).toMatchObject([{ path: ["consumers"] }]);
    expect(check(limit, facts({ authenticates: true }))).toEqual([]);
    const route = (id: string, consumers: Record<string, number>) => ({
      facts: { id, authenticates: true },
      policies: [{ name: "rateLimit", options: options().parse({ ...without, consumers, group: "all" }) }],
    });
    const first = route("GET /a", { acme: 2, bell: 3 });
    expect(checkRoutes([first, route("GET /b", { bell: 3, acme: 2 })])).toEqual([]);
    const [mistake] = checkRoutes([first, route("GET /b", { acme: 3, bell: 3 })]);
    expect(mistake?.reason).toContain("they differ in consumers");
  });
});
