import { describe, expect, it } from "vitest";
import type { OverrideFunction } from "../../../src/limits/options.ts";
import type { Route } from "../../../src/manifest/define.ts";
import { options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import { afterMs } from "../../support/after-ms.ts";
import { asAda, gatewayOf } from "../../support/in-process.ts";

const two: RateLimitOptions = { name: "two", limit: 2, window: "1h" };

function gateway(override: OverrideFunction, more: object = {}, route: Partial<Route> = {}) {
  const rateLimit = { ...two, override, ...more };
  const written = { access: "public", rateLimit, respond: { status: 204 }, ...route } as Route;
  return gatewayOf({ "GET /a/:org": written });
}

/** How many of six requests pass. */
async function passing({ ask }: ReturnType<typeof gatewayOf>, path = "/a/tea"): Promise<number> {
  let passed = 0;
  for (let n = 0; n < 6; n++) if ((await ask(path)).status === 204) passed++;
  return passed;
}

describe("a limit that a function overrides", () => {
  it.each<[string, OverrideFunction, number]>([
    ["gives units", () => ({ limit: 4 }), 4],
    ["promises units", async () => ({ limit: 1 }), 1],
    ["gives nothing", () => undefined, 2],
    ["exempts", () => "exempt", 6],
    ["looks at the request", ({ params }) => (params.org === "tea" ? { limit: 3 } : undefined), 3],
    ["looks at which limit it is", (_, { name, route }) => ({ limit: name.length + route.length - 10 }), 4],
  ])("is what a function says that %s", async (_, override, times) => {
    expect(await passing(gateway(override))).toBe(times);
  });

  it("shows what holds, to who asks", async () => {
    const { ask } = gateway(({ headers }) => ({ limit: Number(headers.get("x-limit")) }));
    const { headers } = await ask("/a/tea", { headers: { "x-limit": "7" } });
    expect(headers.get("ratelimit-policy")).toBe('"two";q=7;w=3600');
    expect(headers.get("ratelimit")).toMatch(/^"two";r=6;/);
  });

  it("knows who calls", async () => {
    const byName: OverrideFunction = ({ identity }) => ({ limit: identity?.subject.length ?? 1 });
    expect(await passing(gateway(byName, {}, { access: asAda }))).toBe("ada".length);
  });

  it("goes before consumers and plans, and is told of nothing where they hold", async () => {
    const consumers = { "https://login.example|ada": 5 };
    const ada = { access: asAda };
    expect(await passing(gateway(() => ({ limit: 3 }), { consumers }, ada))).toBe(3);
    expect(await passing(gateway(() => undefined, { consumers }, ada))).toBe(5);
  });

  it.each(["slidingWindow", "fixedWindow"] as const)(
    "keeps what has been used when it changes, in a %s",
    async (algorithm) => {
      let limit = 3;
      const { ask } = gateway(() => ({ limit }), { algorithm });
      const left = async () => {
        const { status, headers } = await ask("/a/tea");
        return [status, Number(/r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1])];
      };
      expect([await left(), await left()]).toEqual([
        [204, 2],
        [204, 1],
      ]);
      limit = 10;
      expect(await left()).toEqual([204, 7]);
      limit = 2;
      expect(await left()).toEqual([429, 0]);
      limit = 4;
      expect(await left()).toEqual([204, 0]);
    },
  );

  it("may give bursts to a bucket", async () => {
    const bucket = { algorithm: "tokenBucket" };
    expect(await passing(gateway(() => ({ limit: 1, burst: 5 }), bucket))).toBe(5);
  });

  it("exempts in the log and shows no field", async () => {
    const { ask, lines } = gateway(() => "exempt");
    const { headers } = await ask("/a/tea");
    expect(headers.get("ratelimit")).toBeNull();
    expect(lines[0]?.notes).toEqual(["exempt from the limit two"]);
  });

  it("is not asked of who is exempt", async () => {
    const exempt = { when: 'request.params.org == "tea"' };
    const asked: string[] = [];
    const counting: OverrideFunction = ({ path }) => {
      asked.push(path);
      return undefined;
    };
    const one = gateway(counting, { exempt });
    expect(await passing(one)).toBe(6);
    expect(asked).toEqual([]);
    expect(await passing(one, "/a/coffee")).toBe(2);
    expect(asked).toHaveLength(6);
  });

  it.each<[string, () => unknown, string, object?]>([
    [
      "throws",
      () => {
        throw new Error("no such table");
      },
      "no such table",
    ],
    ["rejects", () => Promise.reject(new Error("gone")), "gone"],
    ["gives a number", () => 5, "gave number, no { limit, burst? }"],
    ["gives null", () => null, "gave object, no { limit, burst? }"],
    ["gives no limit", () => ({}), "limit is no whole number from 1 to 100000000"],
    ["gives nothing at all to spend", () => ({ limit: 0 }), "limit is no whole number"],
    ["gives a broken limit", () => ({ limit: 2.5 }), "limit is no whole number"],
    ["gives too many", () => ({ limit: 1e9 }), "limit is no whole number"],
    ["gives text", () => ({ limit: "9" }), "limit is no whole number"],
    ["gives bursts to a window", () => ({ limit: 2, burst: 9 }), "burst is for algorithm"],
    ["gives what nobody asked for", () => ({ limit: 9, window: "1s" }), '"window" is not known'],
    ["gives less than a request costs", () => ({ limit: 1 }), "a request costs 2", { limit: 4, cost: 2 }],
    [
      "gives what fills for months",
      () => ({ limit: 1, burst: 1e6 }),
      "more than 30 days",
      { algorithm: "tokenBucket" },
    ],
  ])("is as declared where the function %s, and the log says why", async (_, override, why, more) => {
    const one = gateway(override as OverrideFunction, more);
    expect(await passing(one)).toBe(2);
    expect(String(one.lines[0]?.notes)).toContain(`the override (two) hook failed: `);
    expect(String(one.lines[0]?.notes)).toContain(why);
  });

  it("is as declared where the function takes longer than a second", async () => {
    const one = gateway(() => new Promise(() => {}), { limit: 1 });
    const answers = await afterMs(2_000, () => Promise.all([one.ask("/a/tea"), one.ask("/a/tea")]));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 429]);
    expect(String(one.lines[0]?.notes)).toContain("it took longer than 1000 ms");
  });
});

describe("an override as written", () => {
  it("is a function, and counted exactly", () => {
    expect(options().parse({ ...two, override: () => undefined }).counting).toBe("exact");
    const wrong = (more: object) =>
      options()
        .safeParse({ ...two, override: () => undefined, ...more })
        .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    expect(wrong({ override: { limit: 5 } })).toEqual(["override: is a function"]);
    expect(wrong({ counting: "leased" })).toEqual([
      'counting: with an override units are counted "exact": leases are of one limit',
    ]);
    expect(wrong({ on: "authFailure" })).toEqual(["override: who fails to authenticate is nobody yet"]);
    expect(wrong({ count: "origin" })).toEqual([
      "override: what the origin bears does not depend on who asks",
    ]);
  });
});
