import { describe, expect, it } from "vitest";
import {
  check,
  checkRoutes,
  options,
  type RateLimitOptions,
} from "../../../src/policies/limit/rate-limit.ts";
import { answer, facts, limiter } from "./limited.ts";

const PLANS: RateLimitOptions = { limit: 1, window: "1m", plans: { silver: 2, gold: { limit: 3 } } };

/** How many of five requests of a caller pass. */
async function passing({ policy }: ReturnType<typeof limiter>, identity: object): Promise<number> {
  let passed = 0;
  for (let n = 0; n < 5; n++) if ((await answer(policy, { identity })).status === 200) passed++;
  return passed;
}

describe("a limit with plans", () => {
  it.each([
    ["gold", 3],
    ["silver", 2],
    ["bronze", 1],
    ["__proto__", 1],
    [undefined, 1],
  ])("lets callers on the plan %s through %i times", async (plan, times) => {
    expect(await passing(limiter(PLANS, { authenticates: true }), { id: "ada", plan })).toBe(times);
  });

  it("tells each caller of their own", async () => {
    const { policy } = limiter(PLANS, { authenticates: true });
    const { headers } = await answer(policy, { identity: { id: "ada", plan: "gold" } });
    expect(headers.get("ratelimit-policy")).toBe('"1-per-1m";q=3;w=60');
    for (let n = 0; n < 3; n++) await answer(policy, { identity: { id: "ada", plan: "gold" } });
    const refused = await answer(policy, { identity: { id: "ada", plan: "gold" } });
    expect(refused.body).toMatchObject({ detail: "At most 3 requests per 1m are allowed." });
  });

  it("counts callers of one plan apart, and all of them together where it counts by plan", async () => {
    const each = limiter(PLANS, { authenticates: true });
    expect(await passing(each, { id: "ada", plan: "gold" })).toBe(3);
    expect(await passing(each, { id: "grace", plan: "gold" })).toBe(3);
    const together = limiter({ ...PLANS, by: ["identity.plan"] }, { authenticates: true });
    expect(await passing(together, { id: "ada", plan: "gold" })).toBe(3);
    expect(await passing(together, { id: "grace", plan: "gold" })).toBe(0);
  });

  it("begins anew with a new plan", async () => {
    const limits = limiter(PLANS, { authenticates: true });
    expect(await passing(limits, { id: "ada", plan: "gold" })).toBe(3);
    expect(await passing(limits, { id: "ada", plan: "silver" })).toBe(2);
    expect(await passing(limits, { id: "ada", plan: "gold" })).toBe(0);
  });

  it("stands after authentication, whatever it counts by", async () => {
    const { policy } = limiter({ ...PLANS, by: ["address"] }, { authenticates: true });
    expect([policy.guard, typeof policy.limit]).toEqual([undefined, "function"]);
    expect(
      await passing(limiter({ ...PLANS, by: ["address"] }, { authenticates: true }), { plan: "gold" }),
    ).toBe(3);
  });

  it("may give a plan bursts of its own", async () => {
    const written: RateLimitOptions = {
      limit: 1,
      window: "1m",
      algorithm: "tokenBucket",
      plans: { gold: { limit: 1, burst: 4 } },
    };
    expect(await passing(limiter(written, { authenticates: true }), { id: "ada", plan: "gold" })).toBe(4);
  });

  it("beside another limit takes from all or from none", async () => {
    const { policy } = limiter([PLANS, { limit: 1, window: "1h", name: "hour" }], { authenticates: true });
    const ask = (plan: string) => answer(policy, { identity: { id: "ada", plan } });
    expect((await ask("gold")).status).toBe(200);
    for (let n = 0; n < 3; n++) expect((await ask("gold")).status).toBe(429);
    const { headers } = await ask("gold");
    expect(headers.get("ratelimit")).toContain('"1-per-1m";r=2');
  });
});

describe("plans as written", () => {
  const problem = (more: object) => {
    const { error } = options().safeParse({ ...PLANS, ...more });
    return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  };

  it("are completed", () => {
    const bucket = { algorithm: "tokenBucket", plans: { a: 2, b: { limit: 3, burst: 9 } } };
    expect(options().parse({ ...PLANS, ...bucket } as RateLimitOptions).plans).toEqual({
      a: { limit: 2, burst: 2 },
      b: { limit: 3, burst: 9 },
    });
  });

  it.each<[object, string]>([
    [{ plans: {} }, "plans: names no plan"],
    [{ plans: { gold: 0 } }, "plans.gold: Too small: expected number to be >=1"],
    [{ plans: { gold: "many" } }, "plans.gold: must be a whole number from 1, or { limit, burst? }"],
    [{ plans: { gold: { limit: 1, rate: 2 } } }, 'plans.gold: Unrecognized key: "rate"'],
    [{ plans: { gold: { limit: 1, burst: 2 } } }, 'plans.gold.burst: is for algorithm: "tokenBucket" alone'],
    [
      { algorithm: "tokenBucket", window: "1d", plans: { gold: { limit: 1, burst: 31 } } },
      "plans.gold.burst: must not take more than 30 days to flow in",
    ],
    [
      { limit: 5, cost: 3, plans: { free: 2 } },
      "cost: must be at most 2: more could never be granted on the plan free",
    ],
    [{ on: "authFailure" }, "plans: who fails to authenticate is nobody yet"],
    [{ count: "origin" }, "plans: what the origin bears does not depend on who asks"],
  ])("%j are refused", (more, message) => {
    expect(problem(more)).toContain(message);
  });

  it("are refused on a public route, and where routes of one group differ in them", () => {
    const limit = options().parse(PLANS);
    expect(check(limit, facts({ authenticates: false }))).toMatchObject([{ path: ["plans"] }]);
    expect(check(limit, facts({ authenticates: true }))).toEqual([]);
    const route = (id: string, written: RateLimitOptions) => ({
      facts: { id, authenticates: true },
      policies: [{ name: "rateLimit", options: options().parse({ ...written, group: "all" }) }],
    });
    const swapped = { ...PLANS, plans: { gold: 3, silver: 2 } };
    expect(checkRoutes([route("GET /a", PLANS), route("GET /b", swapped)])).toEqual([]);
    const [mistake] = checkRoutes([
      route("GET /a", PLANS),
      route("GET /b", { ...PLANS, plans: { gold: 4 } }),
    ]);
    expect(mistake?.reason).toContain("they differ in plans");
  });
});
