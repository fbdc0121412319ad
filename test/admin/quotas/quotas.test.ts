import { describe, expect, it } from "vitest";
import { createQuotasAdmin } from "../../../src/admin/quotas/quotas.ts";
import { problem } from "../../../src/errors/problem.ts";
import { RefusalError } from "../../../src/errors/refusal.ts";
import { quotaKey, quotaParts, quotaPrefix } from "../../../src/quotas/quota-key.ts";
import { createMemoryQuotas } from "../../../src/stores/quotas/memory.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const CALENDAR = { zone: "Europe/Berlin", dayOfMonth: 1 };

/** A request, as far as a quota's key looks at it. */
function request(identity: object, key = "", address = "") {
  const headers = new Headers({ "x-key": key });
  const scope = () => ({ params: {}, query: new URLSearchParams(), headers, identity, request: {} });
  return { address, scope } as unknown as Parameters<typeof quotaKey>[2];
}

function administered() {
  const store = createMemoryQuotas(() => NOW);
  const app = createQuotasAdmin(store);
  app.onError((cause) => {
    if (cause instanceof RefusalError) return problem(cause.refusal, "id");
    throw cause;
  });
  /** Takes one unit, as a route with these `by` would. */
  async function take(by: Parameters<typeof quotaParts>[0], ctx: ReturnType<typeof request>) {
    const key = await quotaKey(quotaPrefix("q"), quotaParts(by), ctx);
    await store.take(key, { quota: "q", calendar: CALENDAR, limit: 5, cost: 1 });
  }
  const used = async (query: string) => {
    const answer = await app.request(`/q?${query}`);
    return answer.status === 200 ? (await answer.json<{ used: number }>()).used : answer.status;
  };
  return { app, take, used };
}

describe("the quotas' part of the admin app", () => {
  it("finds a counter by what the quota counts by", async () => {
    const { take, used } = administered();
    const long = "k".repeat(500);
    await take(undefined, request({ id: "iss#ada", consumer: "acme" }));
    await take(undefined, request({ id: "iss#bob" }));
    await take(["identity.id", "headers.x-key"], request({ id: "iss#ada" }, "secret"));
    await take(["headers.x-key"], request({}, long));
    await take(["address"], request({}, "", "203.0.113.9"));
    expect(await used("identity.consumer=acme")).toBe(1);
    expect(await used("identity.id=iss%23bob")).toBe(1);
    expect(await used("identity.id=iss%23ada&headers.x-key=secret")).toBe(1);
    expect(await used(`headers.x-key=${long}`)).toBe(1);
    expect(await used("address=203.0.113.9")).toBe(1);
    // Neither another order, nor another's name, nor a value that reads like two.
    expect(await used("headers.x-key=secret&identity.id=iss%23ada")).toBe(404);
    expect(await used("identity.id=acme")).toBe(404);
    expect(await used("identity.consumer=iss%23bob")).toBe(404);
  });

  it("shows the period in its own zone", async () => {
    const { app, take } = administered();
    await take(undefined, request({ id: "a" }));
    expect(await (await app.request("/q?identity.id=a")).json()).toEqual({
      name: "q",
      counted: { "identity.id": "a" },
      period: {
        start: "2026-11-01T00:00:00+01:00",
        end: "2026-12-01T00:00:00+01:00",
        timeZone: "Europe/Berlin",
      },
      limit: 5,
      used: 1,
      remaining: 4,
    });
  });

  it("does one act once, and knows an act by whom it is about too", async () => {
    const { app, take, used } = administered();
    for (const id of ["a", "b"]) await take(undefined, request({ id }));
    const put = (id: string, body: unknown = { used: 0, reason: "a bug" }) =>
      app.request(`/q?identity.id=${id}`, {
        method: "PUT",
        headers: { "content-type": "application/json", "idempotency-key": "k" },
        body: JSON.stringify(body),
      });
    expect((await put("a")).status).toBe(200);
    expect((await put("b")).status).toBe(200);
    await take(undefined, request({ id: "a" }));
    expect((await put("a")).status).toBe(200);
    expect([await used("identity.id=a"), await used("identity.id=b")]).toEqual([1, 0]);
    for (const body of [null, [], "x", { used: "0", reason: "x" }, { used: 0, reason: " " }]) {
      expect((await put("a", body)).status).toBe(400);
    }
  });
});

describe("who a quota counts", () => {
  it("is nobody else, whatever somebody is called", async () => {
    const keys = await Promise.all(
      [
        request({ id: "a" }),
        request({ id: "x", consumer: "a" }),
        request({ id: "consumer=a" }),
        request({ id: "identity.consumer=a" }),
        request({}),
        request({ id: "" }),
        request({ id: "-" }),
      ].map((ctx) => quotaKey(quotaPrefix("q"), quotaParts(undefined), ctx)),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("hides in the key what may be a credential", async () => {
    const key = await quotaKey(quotaPrefix("q"), quotaParts(["headers.x-key"]), request({}, "secret"));
    expect(key).not.toContain("secret");
  });
});
