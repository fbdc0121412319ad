import { describe, expect, it } from "vitest";
import { answer, limiter } from "./limited.ts";

describe("rateLimit costs", () => {
  it("what it is told to", async () => {
    const { policy } = limiter({ limit: 10, window: "1m", cost: 4, name: "dear" });
    const answers = [await answer(policy), await answer(policy), await answer(policy)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get("RateLimit")?.match(/r=(\d+)/)?.[1])).toEqual([
      "6",
      "2",
      "2",
    ]);
    expect(answers[2]?.body?.detail).toBe("At most 10 units per 1m are allowed.");
  });

  it("what the request says, and one unit where it does not", async () => {
    const { policy } = limiter({ limit: 10, window: "1m", cost: "query.count" });
    const left = async (query: string) => {
      const { status, headers } = await answer(policy, { query });
      return [status, headers.get("RateLimit")?.match(/r=(\d+)/)?.[1]];
    };
    expect(await left("count=7")).toEqual([200, "3"]);
    expect(await left("")).toEqual([200, "2"]);
    expect(await left("count=3")).toEqual([429, "2"]);
    expect(await left("count=2")).toEqual([200, "0"]);
  });

  it.each(["0", "-1", "1.5", "1e1", " 1", "x", "", "11", "9".repeat(400), "٣"])(
    "no %j: that is refused with 400, and takes nothing",
    async (count) => {
      const { policy } = limiter({ limit: 10, window: "1m", cost: "query.count" });
      const query = new URLSearchParams({ count }).toString();
      const { status, body } = await answer(policy, { query });
      expect([status, body?.code]).toEqual([400, "unusable-value"]);
      expect(body?.detail).toBe("query.count is not a whole number from 1 to 10.");
      expect((await answer(policy, { query: "count=10" })).status).toBe(200);
    },
  );

  it.each([
    ["a parameter", "query.count", { query: "count=1&count=9" }],
    ["a header field", "headers.x-count", { headers: { "x-count": "1, 9" } }],
  ] as const)("nothing that %s says twice, since its origin may mean the other", async (_, cost, caller) => {
    const { policy } = limiter({ limit: 10, window: "1m", cost, by: ["route"] });
    const { status, body } = await answer(policy, caller);
    expect([status, body?.code]).toEqual([400, "unusable-value"]);
  });

  it("a number that a claim is", async () => {
    const { policy } = limiter({ limit: 10, window: "1m", cost: "identity.claims.weight", by: ["route"] });
    const weighing = (weight: number) => ({ identity: { id: "a", claims: { weight } } });
    expect((await answer(policy, weighing(6))).status).toBe(200);
    expect((await answer(policy, weighing(6))).status).toBe(429);
  });
});
