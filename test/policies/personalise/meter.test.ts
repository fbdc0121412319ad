import { describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import type { RequestContext } from "../../../src/context.ts";
import { type Refusal, RefusalError, refuse } from "../../../src/errors/refusal.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import { isOfLimits } from "../../../src/limits/refusals.ts";
import { upstream } from "../../../src/manifest/index.ts";
import { Meters } from "../../../src/metering/meters.ts";
import { create, type MeterOptions, options } from "../../../src/policies/personalise/meter.ts";
import { createMemoryMeters } from "../../../src/stores/meters/memory.ts";
import type { MeterStore } from "../../../src/stores/meters/meter-store.ts";

const NOW = 1_800_000_000_000;
const to = { upstream: upstream("billing", { origin: "https://billing.example" }), path: "/events" };

interface Caller {
  readonly query?: string;
  readonly identity?: Partial<Identity> | undefined;
  readonly cache?: string;
}

function metered(
  written: Omit<MeterOptions, "to"> | ReadonlyArray<Omit<MeterOptions, "to">>,
  broken: Partial<MeterStore> = {},
) {
  const memory = createMemoryMeters(() => NOW);
  const store = { ...memory, ...broken };
  let wake = () => {};
  const meters = new Meters({
    store,
    now: () => NOW,
    log: () => {},
    wait: () => new Promise((resolve) => (wake = resolve)),
    every: 5_000,
    id: () => crypto.randomUUID(),
  });
  const policy = create([written].flat().map((each) => options().parse({ ...each, to })) as never, {
    deps: { meters, now: () => NOW },
    route: { id: "GET /teas" },
  });
  const later: Array<Promise<unknown>> = [];
  const request = ({ query = "", identity = { id: "iss#ada", plan: "gold" }, cache }: Caller = {}) => {
    const parsed = new URLSearchParams(query);
    const headers = new Headers();
    return {
      method: "GET",
      identity,
      record: { ...(cache !== undefined && { cache }) },
      budget: new Budget(NOW + 10_000),
      execution: { waitUntil: (work: Promise<unknown>) => void later.push(work) },
      scope: () => ({
        params: {},
        identity,
        query: parsed,
        headers,
        request: { id: "", method: "", path: "" },
      }),
    } as unknown as RequestContext;
  };
  return {
    policy,
    memory,
    request,
    answer: (ctx: RequestContext, response = new Response("tea")) => policy.personalise!(ctx, response),
    /** Ends the interval. */
    async flush() {
      wake();
      await Promise.all(later.splice(0));
    },
    async usage(subject = "iss#ada") {
      const all = await memory.usage(subject, { from: 0, to: Number.MAX_SAFE_INTEGER });
      return all.map(({ event, dimensions, value, count }) => ({ event, dimensions, value, count }));
    },
  };
}

describe("meter", () => {
  it("adds events up by their dimensions and hands them over after the interval", async () => {
    const world = metered({
      event: "api.call",
      dimensions: {
        plan: "identity.plan",
        status: "response.status",
        route: "route.id",
        method: "request.method",
      },
    });
    const response = new Response("tea");
    expect(world.answer(world.request(), response)).toBe(response);
    await world.answer(world.request());
    await world.answer(world.request(), new Response(null, { status: 204 }));
    expect(await world.usage()).toEqual([]);
    await world.flush();
    const shared = { plan: "gold", route: "GET /teas", method: "GET" };
    expect(await world.usage()).toEqual([
      { event: "api.call", dimensions: { ...shared, status: "200" }, value: 2, count: 2 },
      { event: "api.call", dimensions: { ...shared, status: "204" }, value: 1, count: 1 },
    ]);
  });

  it("has a durable event written before the answer goes", async () => {
    const world = metered({ event: "api.call", durable: true });
    await world.answer(world.request());
    expect(await world.usage()).toMatchObject([{ count: 1 }]);
  });

  it("answers 503 where a durable event cannot be written, and still counts it once at most", async () => {
    let fails = 3;
    const world = metered({ event: "api.call", durable: true });
    const { flush } = world.memory;
    const broken = metered(
      { event: "api.call", durable: true },
      {
        open: world.memory.open,
        async flush(subject, content) {
          if (fails-- > 0) {
            await flush(subject, content);
            throw new Error("its answer is lost");
          }
          return flush(subject, content);
        },
      },
    );
    const failure = await Promise.resolve(broken.answer(broken.request())).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RefusalError);
    expect((failure as RefusalError).refusal.code).toBe("store-unavailable");
    const second = await Promise.resolve(broken.answer(broken.request()));
    expect(second).toBeInstanceOf(Response);
    expect(await world.usage()).toMatchObject([{ count: 2 }]);
  });

  it("counts neither errors nor, where told so, hits", async () => {
    const world = metered([
      { event: "plain", durable: true },
      { event: "all", durable: true, when: { errors: true } },
      { event: "origin", durable: true, when: { hits: false } },
    ]);
    await world.answer(world.request(), new Response(null, { status: 404 }));
    await world.answer(world.request({ cache: "hit" }));
    await world.answer(world.request({ cache: "miss" }));
    const counts = (await world.usage()).map(({ event, count }) => [event, count]);
    expect(Object.fromEntries(counts)).toEqual({ plain: 2, all: 3, origin: 1 });
  });

  it("takes its value from the request or the answer, and notes where there is none", async () => {
    const world = metered([
      { event: "asked", value: "query.count", durable: true },
      { event: "said", value: "response.headers.x-tokens", durable: true },
    ]);
    const ctx = world.request({ query: "count=7" });
    await world.answer(ctx, new Response(null, { headers: { "x-tokens": "-1" } }));
    expect(await world.usage()).toMatchObject([{ event: "asked", value: 7, count: 1 }]);
    expect(ctx.record.notes).toEqual(["meter: said has no value"]);
  });

  it("bills the consumer, else the identity, else whom `by` names", async () => {
    const world = metered({ event: "e", durable: true });
    await world.answer(world.request({ identity: { id: "iss#ada", consumer: "acme" } }));
    await world.answer(world.request({ identity: undefined }));
    const own = metered({ event: "e", durable: true, by: "identity.claims.org" });
    await own.answer(own.request({ identity: { id: "iss#ada", claims: { org: "tea" } } }));
    expect(await world.usage("acme")).toHaveLength(1);
    expect(await own.usage("tea")).toHaveLength(1);
  });

  it("keeps a flood of dimensions within bounds and loses none of it", async () => {
    const world = metered({ event: "e", dimensions: { id: "query.id" } });
    for (let id = 0; id < 5_000; id++) await world.answer(world.request({ query: `id=${id}` }));
    await world.flush();
    const usage = await world.usage();
    expect(usage.length).toBeLessThanOrEqual(1_001);
    expect(usage.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
    expect(usage.find(({ dimensions }) => "overflow" in dimensions)).toMatchObject({ count: 4_000 });
  });

  it("cuts long dimensions off", async () => {
    const world = metered({ event: "e", durable: true, dimensions: { id: "query.id" } });
    await world.answer(world.request({ query: `id=${"x".repeat(10_000)}` }));
    expect((await world.usage())[0]!.dimensions.id).toHaveLength(128);
  });
});

describe("a prepaid meter", () => {
  const prepaid = {
    event: "e",
    value: "response.headers.x-tokens",
    durable: true,
    prepaid: { reserve: 10 },
  } as const;
  const said = (tokens: number) => new Response(null, { headers: { "x-tokens": String(tokens) } });
  const topUp = (units: number) => ({
    units,
    reason: "",
    actor: "",
    once: { key: String(units), fingerprint: "" },
  });

  it("refuses with 402 before the action where credit does not cover what is reserved", async () => {
    const world = metered(prepaid);
    await world.memory.topUp("iss#ada", topUp(15));
    const first = world.request();
    expect(await world.policy.limit!(first)).toBeUndefined();
    const refusal = (await world.policy.limit!(world.request())) as Refusal;
    expect(refusal).toMatchObject({
      code: "credit-used-up",
      details: { detail: "A request reserves 10 of the caller's credit, of which 5 is left." },
    });
    expect(isOfLimits(refusal)).toBe(true);
    await world.answer(first, said(4));
    expect(await world.memory.credit("iss#ada")).toEqual({ balance: 11, reserved: 0 });
  });

  it("charges no more than was reserved", async () => {
    const world = metered(prepaid);
    await world.memory.topUp("iss#ada", topUp(10));
    const ctx = world.request();
    await world.policy.limit!(ctx);
    await world.answer(ctx, said(1_000_000));
    expect(await world.memory.credit("iss#ada")).toEqual({ balance: 0, reserved: 0 });
    expect(await world.usage()).toMatchObject([{ value: 10 }]);
  });

  it("gives back what a refused request or an error has reserved", async () => {
    const world = metered(prepaid);
    await world.memory.topUp("iss#ada", topUp(20));
    const [refused, failed] = [world.request(), world.request()];
    await world.policy.limit!(refused);
    await world.policy.limit!(failed);
    await world.policy.error!(refused, refuse("upstream-timeout"));
    await world.answer(failed, new Response(null, { status: 500 }));
    await world.flush();
    expect(await world.memory.credit("iss#ada")).toEqual({ balance: 20, reserved: 0 });
  });

  it("fails closed where the store does, and refuses nobody on trial", async () => {
    const fails = { reserve: () => Promise.reject(new Error("down")) };
    const closed = metered(prepaid, fails);
    const refusal = (await closed.policy.limit!(closed.request())) as Refusal;
    expect([refusal.code, isOfLimits(refusal)]).toEqual(["store-unavailable", true]);
    const trial = metered({ ...prepaid, mode: "report" });
    const ctx = trial.request();
    expect(await trial.policy.limit!(ctx)).toBeUndefined();
    expect(ctx.record.reported).toMatchObject([{ policy: "meter", code: "credit-used-up" }]);
    await trial.answer(ctx, said(4));
    expect(await trial.memory.credit("iss#ada")).toEqual({ balance: 0, reserved: 0 });
  });
});
