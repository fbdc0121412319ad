import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import type { RequestContext } from "../../../src/context.ts";
import { problem } from "../../../src/errors/problem.ts";
import { type Refusal, refuse } from "../../../src/errors/refusal.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import { LimitRefusal } from "../../../src/limits/refusals.ts";
import { create, options, type QuotaOptions } from "../../../src/policies/limit/quota.ts";
import {
  createDurableObjectQuotas,
  type QuotasNamespace,
} from "../../../src/stores/quotas/durable-object.ts";
import { createMemoryQuotas } from "../../../src/stores/quotas/memory.ts";
import type { QuotaStore } from "../../../src/stores/quotas/quota-store.ts";

const START = Date.parse("2026-11-20T10:00:00Z");
const DAILY: QuotaOptions = { name: "daily", limit: 2, period: "day" };

interface Caller {
  readonly identity?: Partial<Identity>;
  readonly query?: string;
  readonly address?: string;
}

/** Quotas of one route with their own clock and store, and a way along the road. */
function counting(written: QuotaOptions | readonly QuotaOptions[], store?: QuotaStore) {
  const clock = { now: START };
  const log: object[] = [];
  const quotas = store ?? createMemoryQuotas(() => clock.now);
  const policy = create([written].flat().map((each) => options().parse(each)) as never, {
    deps: { quotas, now: () => clock.now, log: (line) => void log.push(line) },
  });
  /** @param refusedBy what refuses the request behind its quotas */
  async function ask(
    { identity = { id: "ada" }, query = "", address = "" }: Caller = {},
    refusedBy?: Refusal,
  ) {
    const later: Array<Promise<unknown>> = [];
    const parsed = new URLSearchParams(query);
    const ctx = {
      address,
      identity,
      query: parsed,
      budget: new Budget(clock.now + 10_000),
      record: {} as RequestContext["record"],
      execution: { waitUntil: (work: Promise<unknown>) => void later.push(work) },
      scope: () => ({
        params: {},
        identity: identity as Identity,
        query: parsed,
        headers: new Headers(),
        request: { id: "r", method: "GET", path: "/" },
      }),
    } as unknown as RequestContext;
    const refusal = ((await policy.limit?.(ctx)) as Refusal | undefined) ?? refusedBy;
    if (refusal !== undefined) await policy.error?.(ctx, refusal);
    const response = refusal === undefined ? new Response() : problem(refusal, "id");
    policy.finalise?.(ctx, response.headers, response);
    await Promise.all(later);
    return { status: response.status, headers: response.headers, record: ctx.record, response, later };
  }
  return { clock, ask, log, quotas };
}

const told = (headers: Headers) => headers.get("ratelimit");

describe("a quota", () => {
  it("lets callers have their units, each their own, until the period ends", async () => {
    const { ask, clock } = counting(DAILY);
    const answers = [await ask(), await ask(), await ask(), await ask({ identity: { id: "bob" } })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 200]);
    expect(answers[0]?.headers.get("ratelimit-policy")).toBe('"daily";q=2;w=86400');
    expect(answers.slice(0, 3).map(({ headers }) => told(headers))).toEqual([
      '"daily";r=1;t=50400',
      '"daily";r=0;t=50400',
      '"daily";r=0;t=50400',
    ]);
    expect(answers[2]?.headers.get("retry-after")).toBe("50400");
    expect(await answers[2]?.response.json()).toMatchObject({
      code: "quota-exceeded",
      detail: "At most 2 requests per day until 2026-11-21T00:00:00Z are allowed.",
      "violated-policies": ["daily"],
    });
    clock.now = Date.parse("2026-11-21T00:00:00Z");
    expect((await ask()).status).toBe(200);
  });

  it("counts the registered consumer where there is one, whichever of its credentials is used", async () => {
    const { ask } = counting({ ...DAILY, limit: 1 });
    expect((await ask({ identity: { id: "a", consumer: "acme" } })).status).toBe(200);
    expect((await ask({ identity: { id: "b", consumer: "acme" } })).status).toBe(429);
    // Who is called like a consumer is another.
    expect((await ask({ identity: { id: "acme" } })).status).toBe(200);
  });

  it("counts what one asks for, and refuses what is no number of units", async () => {
    const { ask } = counting({ ...DAILY, limit: 10, cost: "query.n" });
    expect((await ask({ query: "n=7" })).status).toBe(200);
    expect((await ask({ query: "n=4" })).status).toBe(429);
    for (const query of ["n=0", "n=x", "n=11", "n=1&n=2"]) {
      const { status, response } = await ask({ query });
      expect([status, await response.json()]).toMatchObject([400, { code: "unusable-value" }]);
    }
    expect(told((await ask({ query: "n=3" })).headers)).toMatch(/r=0;/);
  });

  it("goes by the caller's plan, and counts on when that changes", async () => {
    const { ask } = counting({ ...DAILY, plans: { gold: 4 } });
    const on = (plan: string) => ask({ identity: { id: "ada", plan } });
    expect((await on("bronze")).status).toBe(200);
    expect((await on("bronze")).status).toBe(200);
    expect((await on("bronze")).status).toBe(429);
    expect(told((await on("gold")).headers)).toMatch(/r=1;/);
    expect((await on("gold")).status).toBe(200);
    expect((await on("gold")).status).toBe(429);
    expect((await on("__proto__")).status).toBe(429);
  });

  it("has periods of a caller's own, by a claim", async () => {
    const { ask } = counting({ ...DAILY, period: "month", anchor: "identity.claims.since" });
    const until = async (id: string, since: unknown) => {
      const caller = { identity: { id, claims: { since } } };
      await ask(caller);
      await ask(caller);
      return (await (await ask(caller)).response.json<{ detail: string }>()).detail.match(/until (\S+)/)?.[1];
    };
    expect(await until("a", "2024-01-31")).toBe("2026-11-30T00:00:00Z");
    expect(await until("b", 15)).toBe("2026-12-15T00:00:00Z");
    for (const [index, since] of [undefined, "yesterday", 0, 32, "2026-02-30", null].entries()) {
      expect(await until(`c${index}`, since)).toBe("2026-12-01T00:00:00Z");
    }
  });

  it("consumes nothing of what another limit refuses, and all of what is refused otherwise", async () => {
    const { ask } = counting({ ...DAILY, limit: 3 });
    await ask({}, new LimitRefusal("rate-limited"));
    await ask({}, refuse("too-many-at-once"));
    const refused = await ask({}, new LimitRefusal("store-unavailable"));
    expect(told(refused.headers)).toMatch(/r=3;/);
    await ask({}, refuse("route-not-found"));
    expect(told((await ask()).headers)).toMatch(/r=1;/);
  });

  it("of several takes from all or from none, and tells of the one that is used up", async () => {
    const { ask } = counting([DAILY, { name: "monthly", limit: 10, period: "month" }]);
    await ask();
    await ask();
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(told(refused.headers)).toMatch(/^"daily";r=0;t=50400, "monthly";r=8;t=\d+$/);
    expect(told((await ask()).headers)).toMatch(/"monthly";r=8;/);
  });

  it("on trial refuses nobody and is not shown", async () => {
    const { ask } = counting({ ...DAILY, limit: 1, mode: "report", warnAt: [0.5] });
    await ask();
    const { status, headers, record } = await ask();
    expect(status).toBe(200);
    expect([...headers.keys()]).toEqual([]);
    expect(record.reported).toMatchObject([{ policy: "quota", code: "quota-exceeded" }]);
  });

  it("says how much is used once a share is passed, and not before", async () => {
    const { ask } = counting({ ...DAILY, limit: 7, warnAt: [0.8, 0.57, 1] });
    const warnings: Array<string | null> = [];
    for (let n = 0; n < 8; n++) warnings.push((await ask()).headers.get("quota-warning"));
    expect(warnings).toEqual([
      null,
      null,
      null,
      '"daily";used=0.571;at=0.57',
      '"daily";used=0.714;at=0.57',
      '"daily";used=0.857;at=0.8',
      '"daily";used=1;at=1',
      '"daily";used=1;at=1',
    ]);
  });
});

describe("a quota whose counter cannot be reached", () => {
  const down = { take: () => Promise.reject(new Error("no answer within 1000 ms")) } as unknown as QuotaStore;

  it("refuses, or lets through where it is told to", async () => {
    const denied = await counting(DAILY, down).ask();
    expect([denied.status, await denied.response.json()]).toMatchObject([503, { code: "store-unavailable" }]);
    expect(denied.record.notes).toEqual(["quota store failed: no answer within 1000 ms"]);
    expect((await counting({ ...DAILY, onStoreFailure: "allow" }, down).ask()).status).toBe(200);
  });

  it("keeps what could not be given back, and the log tells", async () => {
    const memory = createMemoryQuotas(() => START);
    const store = { ...memory, release: () => Promise.reject(new Error("gone")) };
    const { ask, log } = counting(DAILY, store);
    await ask({}, new LimitRefusal("rate-limited"));
    expect(log).toMatchObject([{ event: "quota-not-released" }]);
    expect(told((await ask()).headers)).toMatch(/r=0;/);
  });
});

describe("two gateways", () => {
  it("that count in the same objects let through exactly what there is", async () => {
    const objects = (exports as unknown as { QuotasObject: QuotasNamespace }).QuotasObject;
    const open = () => createDurableObjectQuotas(objects, { timeoutMs: 10_000 });
    const quota = { ...DAILY, name: `shared-${crypto.randomUUID()}`, limit: 50 };
    const gateways = [counting(quota, open()), counting(quota, open())];
    const rateLimited = new LimitRefusal("rate-limited");
    // Every fourth request is refused by another limit, and so gives its unit back.
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => gateways[n % 2]!.ask({}, n % 4 === 0 ? rateLimited : undefined)),
    );
    const rest = await Promise.all(Array.from({ length: 60 }, (_, n) => gateways[n % 2]!.ask()));
    expect(rest.filter(({ status }) => status === 200)).toHaveLength(20);
  });
});
