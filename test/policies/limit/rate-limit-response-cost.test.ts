import { describe, expect, it } from "vitest";
import { checkRoutes } from "../../../src/limits/check.ts";
import type { Route } from "../../../src/manifest/define.ts";
import { upstream } from "../../../src/manifest/index.ts";
import { options, type RateLimitOptions } from "../../../src/policies/limit/rate-limit.ts";
import { options as headersOptions } from "../../../src/policies/transform/headers.ts";
import { createMemoryStore } from "../../../src/stores/counters/memory.ts";
import { gatewayOf } from "../../support/in-process.ts";
import { answer, limiter, request, START, sharedStore } from "./limited.ts";

const api = upstream("api", { origin: "https://api.example" });
const tokens = {
  name: "tokens",
  limit: 100,
  window: "1h",
  by: ["route"],
  cost: { response: "headers.x-tokens" },
} as const satisfies RateLimitOptions;

/** A gateway whose origin's answers say what `costs` has, one after the other; the last again and again. */
function gateway(
  costs: ReadonlyArray<string | undefined>,
  rateLimit: Route["rateLimit"] = tokens,
  more = {},
) {
  let answered = 0;
  const route = { access: "public", rateLimit, forward: { upstream: api }, ...more } as Route;
  const running = gatewayOf(
    { "GET /a": route },
    {
      origin: () => {
        const cost = costs[Math.min(answered++, costs.length - 1)];
        return new Response("ok", { headers: cost === undefined ? {} : { "x-tokens": cost } });
      },
    },
  );
  const ask = async () => {
    const { status, headers } = await running.ask("/a");
    const left = /"tokens";r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1];
    return [status, left === undefined ? undefined : Number(left)];
  };
  return { ...running, ask, whole: () => running.ask("/a") };
}

describe("a limit whose cost the answer tells", () => {
  it("lets through while there is anything, charges what it was, and refuses once nothing is left", async () => {
    const { ask } = gateway(["30", "69", "7"]);
    expect(await ask()).toEqual([200, 70]);
    expect(await ask()).toEqual([200, 1]);
    expect(await ask()).toEqual([200, 0]);
    expect(await ask()).toEqual([429, 0]);
  });

  it("charges nothing for what costs nothing", async () => {
    const { ask } = gateway(["0"]);
    for (let n = 0; n < 5; n++) expect(await ask()).toEqual([200, 100]);
  });

  it("takes what it is told at first, and charges or gives back the rest", async () => {
    const written = { ...tokens, cost: { ...tokens.cost, atFirst: 20 } } as const;
    const { ask } = gateway(["50", "5", "20", "9", "9"], written);
    expect([await ask(), await ask(), await ask()]).toEqual([
      [200, 50],
      [200, 45],
      [200, 25],
    ]);
    expect(await ask()).toEqual([200, 16]);
    expect(await ask()).toEqual([429, 16]);
  });

  it("makes who owes wait longer", async () => {
    const wait = async (cost: string) => {
      const { ask, whole } = gateway([cost]);
      await ask();
      return Number((await whole()).headers.get("retry-after"));
    };
    expect(await wait("100")).toBeLessThan(1.1 * 3_700);
    expect(await wait("1000")).toBeGreaterThan(1.8 * 3_600);
  });

  it.each([undefined, "", "-1", "1.5", "many", "3, 4", " ", "9".repeat(16)])(
    "charges one unit, or what it is told, for an answer that says %j, and the log tells",
    async (cost) => {
      const plain = gateway([cost]);
      expect(await plain.ask()).toEqual([200, 99]);
      expect(plain.lines[0]?.notes).toEqual(["the answer does not say what it costs of the limit tokens"]);
      const { ask } = gateway([cost], { ...tokens, cost: { ...tokens.cost, otherwise: 40 } });
      expect(await ask()).toEqual([200, 60]);
    },
  );

  it("charges no more than the most that there can be", async () => {
    const { ask } = gateway(["9".repeat(15)]);
    expect(await ask()).toEqual([200, 0]);
    expect(await ask()).toEqual([429, 0]);
  });

  it("has cost what was taken at first where no answer comes", async () => {
    const cost = { response: "headers.x-tokens", atFirst: 10 } as const;
    const failing = gatewayOf(
      { "GET /a": { access: "public", rateLimit: { ...tokens, cost }, forward: { upstream: api } } },
      { origin: () => Promise.reject(new Error("down")) },
    );
    await failing.ask("/a");
    const { status, headers } = await failing.ask("/a");
    expect([status, headers.get("ratelimit")]).toEqual([502, expect.stringContaining('"tokens";r=80;')]);
  });

  it("passes the field on, and hooks may take it away", async () => {
    expect((await gateway(["3"]).whole()).headers.get("x-tokens")).toBe("3");
    const response = (answer: Response) => {
      answer.headers.delete("x-tokens");
    };
    const { whole } = gateway(["3"], tokens, { hooks: { response } });
    const { headers } = await whole();
    expect([headers.get("x-tokens"), headers.get("ratelimit")?.includes("r=97")]).toEqual([null, true]);
  });

  it("charges hits what the stored answer says", async () => {
    const { ask, sent } = gateway(["30"], tokens, { cache: { ttl: "1h" } });
    expect([await ask(), await ask(), await ask()]).toEqual([
      [200, 70],
      [200, 40],
      [200, 10],
    ]);
    expect(sent).toHaveLength(1);
  });

  it("charges what reaches the origin alone, where only that counts, whatever else is done to the field", async () => {
    const origin = { ...tokens, limit: 60, count: "origin" } as const;
    const more = {
      cache: { ttl: "1h", key: { query: ["n"] } },
      headers: { response: { remove: ["x-tokens"] } },
    };
    const route = { access: "public", rateLimit: origin, forward: { upstream: api }, ...more } as Route;
    const { ask, sent } = gatewayOf(
      { "GET /a": route },
      { origin: () => new Response("ok", { headers: { "x-tokens": "30" } }) },
    );
    const statuses = async (n: number) => (await ask(`/a?n=${n}`)).status;
    expect([await statuses(1), await statuses(1), await statuses(2)]).toEqual([200, 200, 200]);
    expect([await statuses(3), await statuses(1)]).toEqual([429, 200]);
    expect(sent).toHaveLength(2);
  });

  it("consumes nothing where another limit refuses", async () => {
    const burst = { name: "burst", limit: 1, window: "1h", by: ["address"] } as const;
    const { ask } = gateway(["30"], [{ ...tokens, cost: { ...tokens.cost, atFirst: 20 } }, burst]);
    expect(await ask()).toEqual([200, 70]);
    for (let n = 0; n < 9; n++) expect(await ask()).toEqual([429, 70]);
  });

  it("charges a shared store after the answer", async () => {
    const store = sharedStore(createMemoryStore(() => START));
    const { policy } = limiter({ ...tokens, counting: "exact" }, { store });
    const ctx = request();
    await answer(policy, {}, ctx);
    const before = ctx.later.length;
    await policy.personalise?.(ctx, new Response("", { headers: { "x-tokens": "60" } }));
    expect(ctx.later.length).toBe(before + 1);
    await Promise.all(ctx.later);
    const { headers } = await answer(policy);
    expect(headers.get("ratelimit")).toContain('"tokens";r=40;');
  });

  it("on trial counts, and lets through what costs too much", async () => {
    const { ask, lines } = gateway(["80"], { ...tokens, mode: "report" });
    expect([await ask(), await ask(), await ask()]).toEqual(Array(3).fill([200, undefined]));
    expect(lines.map(({ reported }) => (reported as unknown[] | undefined)?.length)).toEqual([
      undefined,
      undefined,
      1,
    ]);
  });
});

describe("a cost that the answer tells, as written", () => {
  const wrong = (more: object) =>
    options()
      .safeParse({ ...tokens, ...more })
      .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

  it("is completed, and looks exactly unless units are taken at first", () => {
    expect(options().parse(tokens)).toMatchObject({
      cost: { response: "headers.x-tokens", atFirst: 0, otherwise: 1 },
      counting: "exact",
    });
    const taking = options().parse({ ...tokens, cost: { response: "headers.x-tokens", atFirst: 1 } });
    expect(taking.counting).toBe("leased");
  });

  it.each<[object, string]>([
    [
      { cost: { response: "headers.x-tokens", atFirst: 101 } },
      "cost.atFirst: must be at most 100: more could never be granted",
    ],
    [{ on: "authFailure", by: ["address"] }, "cost: a failed authentication is one unit"],
    [{ counting: "leased" }, 'counting: what takes nothing at first is counted "exact": say cost.atFirst'],
  ])("%j is refused", (more, message) => {
    expect(wrong(more)).toContain(message);
  });

  it.each([
    { response: "x-tokens" },
    { response: "query.tokens" },
    { response: "headers.x-tokens", atFirst: -1 },
    { response: "headers.x-tokens", otherwise: 1.5 },
    { response: "headers.x-tokens", most: 1 },
    {},
  ])("%j is none", (cost) => {
    expect(wrong({ cost })?.length).toBeGreaterThan(0);
  });

  it("is refused where `headers` changes the field before it is read", () => {
    const route = (limit: RateLimitOptions, response: object) => ({
      facts: { id: "GET /a", authenticates: false },
      policies: [
        { name: "rateLimit", options: options().parse(limit) },
        { name: "headers", options: headersOptions().parse({ response }) },
      ],
    });
    const found = (limit: RateLimitOptions, response: object) =>
      checkRoutes([route(limit, response)]).map(({ path, suggestion }) => [path.join("."), suggestion]);
    const mistake = [["cost.response", "Take it away in hooks.response."]];
    expect(found(tokens, { remove: ["X-Tokens"] })).toEqual(mistake);
    expect(found(tokens, { set: { "x-tokens": "0" } })).toEqual(mistake);
    expect(found(tokens, { remove: ["x-other"] })).toEqual([]);
    expect(found({ ...tokens, count: "origin" }, { remove: ["x-tokens"] })).toEqual([]);
  });
});
