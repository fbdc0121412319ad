import { describe, expect, it } from "vitest";
import { NOW } from "../../support/in-process.ts";
import { ALLOWED, allow, bearer, guarded } from "../external-auth/guarded.ts";

describe("a permission that is kept", () => {
  it("holds for its time, for what is the same in all that is told", async () => {
    let now = NOW;
    const { ask, asked, passed } = guarded(
      () => allow({ "x-tenant": "tea" }),
      { cache: { ttl: "30s" }, toOrigin: ["x-tenant"] },
      {},
      { now: () => now },
    );
    const count = async (target: string, init: RequestInit = bearer) => {
      await ask(target, init);
      return asked().length;
    };
    expect(await count("/orders/1")).toBe(1);
    expect(await count("/orders/1")).toBe(1);
    expect(passed().map(({ headers }) => headers.get("x-tenant"))).toEqual(["tea", "tea"]);
    expect(await count("/orders/2")).toBe(2);
    expect(await count("/orders/1?a=1")).toBe(3);
    expect(await count("/orders/1", { ...bearer, method: "POST" })).toBe(4);
    expect(await count("/orders/1", { headers: { authorization: "Bearer other" } })).toBe(5);
    expect(await count("/orders/1", { headers: { ...bearer.headers, cookie: "a=1" } })).toBe(6);
    expect(
      await count("/orders/1", { headers: { ...bearer.headers, "cf-connecting-ip": "203.0.113.7" } }),
    ).toBe(7);
    now += 29_999;
    expect(await count("/orders/1")).toBe(7);
    now += 1;
    expect(await count("/orders/1")).toBe(8);
  });

  it("is told apart by forwarded headers whatever is declared beside", async () => {
    const { ask, asked } = guarded(() => allow(), { cache: { ttl: "30s", by: ["method"] } });
    await ask("/orders/1", bearer);
    await ask("/orders/2?x", bearer);
    expect(asked()).toHaveLength(1);
    await ask("/orders/1", { headers: { authorization: "Bearer other" } });
    // The same texts in other places are another question.
    await ask("/orders/1", { headers: { cookie: "Bearer good" } });
    expect(asked()).toHaveLength(3);
  });

  it("is none where the answer was no, or nothing", async () => {
    const answers = [401, 403, 500, 200, 500];
    const { ask } = guarded(() => new Response(null, { status: answers.shift()!, headers: ALLOWED }), {
      cache: { ttl: "30s" },
    });
    const statuses = [];
    for (let count = 0; count < 5; count++) statuses.push((await ask("/orders/1", bearer)).status);
    expect(statuses).toEqual([401, 403, 503, 200, 200]);
  });

  it("is no one's who sends more than anybody would keep", async () => {
    const { ask, asked } = guarded(() => allow(), { cache: { ttl: "30s" } });
    const headers = { authorization: `Bearer ${"x".repeat(8_000)}` };
    for (let count = 0; count < 2; count++) await ask("/orders/1", { headers });
    expect(asked()).toHaveLength(2);
  });

  it("is not kept at all unless that is declared", async () => {
    const { ask, asked } = guarded(() => allow());
    for (let count = 0; count < 2; count++) await ask("/orders/1", bearer);
    expect(asked()).toHaveLength(2);
  });
});
