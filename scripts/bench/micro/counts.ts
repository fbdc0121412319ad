import { bench, do_not_optimize, group } from "mitata";
import { Permits } from "../../../src/concurrency/permits.ts";
import type { KeyedContext, RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { Tally } from "../../../src/metering/tally.ts";
import * as concurrency from "../../../src/policies/admit/concurrency.ts";
import * as quota from "../../../src/policies/limit/quota.ts";
import * as meter from "../../../src/policies/personalise/meter.ts";
import type { Tools } from "../../../src/policies/policy.ts";
import { RequestScope } from "../../../src/references/scope.ts";
import type { ReferenceScope } from "../../../src/references/template.ts";
import { Shed } from "../../../src/shedding/shed.ts";
import { IsolateGauge } from "../../../src/signals/gauge.ts";
import { createMemoryPermits } from "../../../src/stores/permits/memory.ts";
import { createMemoryQuotas } from "../../../src/stores/quotas/memory.ts";
import { upstream } from "../../../src/upstream/declare.ts";

const now = () => Date.now();
const random = (bytes: Uint8Array) => bytes;
const answer = new Response();
const route: Tools["route"] = { id: "GET /a", method: "GET", pattern: "/a", authenticates: true };
const to = { upstream: upstream("billing", { origin: "https://billing.example" }), path: "/events" };

/** What of a request is looked at by what counts it; a whole one costs Node microseconds. */
const ctx = {
  address: "203.0.113.7",
  identity: { id: "https://login.example#ada", plan: "gold", claims: {} },
  record: {},
  plan: { facts: route, road: { priority: "normal" } },
  budget: {
    deadlineAt: Number.POSITIVE_INFINITY,
    remaining: () => 10_000,
    acquire: () => undefined,
    release: () => {},
  },
  execution: { waitUntil: () => {} },
  params: {},
  scope: (): ReferenceScope => scope,
} as unknown as RequestContext & KeyedContext;

const scope = new RequestScope(ctx, new Headers());

/** What is done for each request by what counts it, in the isolate alone: what stores take comes on top. */
export function register(): void {
  group("counts", () => {
    registerConcurrency();
    registerShedding();
    registerQuota();
    registerMeters();
  });
}

function registerConcurrency(): void {
  const permits = new Permits({ store: createMemoryPermits(now), holder: "bench", now, log: () => {} });
  const terms = { limit: 100, queue: 0, wait: 0, shared: false };
  bench("concurrency: a pass taken and given back", async () => {
    const pass = await permits.take("key", terms, ctx);
    if (typeof pass === "object") pass.release();
  });
  const options = concurrency.options().parse({ limit: 100, until: "headers" });
  const tools = { deps: { permits, random } as unknown as Deps, route } as unknown as Tools;
  const { hold } = concurrency.create([options] as Parameters<typeof concurrency.create>[0], tools);
  const proceed = () => Promise.resolve(answer);
  bench("concurrency: the whole policy", async () => do_not_optimize(await hold!(ctx, proceed)));
}

function registerShedding(): void {
  const bounds = { start: 100, min: 100, max: 100, mode: "enforce" } as const;
  const shed = new Shed("shop", bounds, { now, random });
  bench("shedding: in and out", () => {
    const entered = shed.enter({}, ctx);
    const at = now();
    shed.leave(entered, true, at, at);
  });
  const full = new Shed("shop", { ...bounds, start: 1, min: 1, max: 1 }, { now, random });
  full.enter({}, ctx);
  bench("shedding: a refusal", () => {
    try {
      full.enter({}, ctx);
    } catch (error) {
      do_not_optimize(error);
    }
  });
  const gauge = new IsolateGauge({ above: { latency: 800 }, recoverBelow: 0.8 }, 5_000, {
    report: async () => 5_000,
    now,
    wait: () => new Promise(() => {}),
  });
  const ended = now();
  bench("signals: a call counted", () => gauge.ended(12, true, ended, ctx.execution));
}

function registerQuota(): void {
  const options = quota.options().parse({ name: "monthly", limit: 1_000_000_000, period: "month" });
  const deps = { quotas: createMemoryQuotas(now), now, log: () => {} };
  const { limit } = quota.create([options] as Parameters<typeof quota.create>[0], { deps });
  bench("quota: a hit, the counter in memory", async () => do_not_optimize(await limit!(ctx)));
}

function registerMeters(): void {
  const tally = new Tally();
  const destination = { upstream: "billing", path: "/events", everyMs: 10_000, batch: 500 };
  const names = ["route", "plan"];
  const metered = { event: "call", value: 1, minute: 29_918_880, values: ["GET /a", "gold"], names };
  bench("meter: one event tallied", () => tally.add({ ...metered, to: destination }));
  const options = meter.options().parse({
    event: "call",
    dimensions: { route: "route.id", plan: "identity.plan" },
    to,
  });
  const own = new Tally();
  const meters = {
    note: (_: string, entry: { metered?: Parameters<Tally["add"]>[0] }) => own.add(entry.metered!),
  };
  const deps = { meters, now } as unknown as Deps;
  const { personalise } = meter.create([options] as unknown as Parameters<typeof meter.create>[0], {
    deps,
    route,
  });
  bench("meter: the whole policy", () => do_not_optimize(personalise!(ctx, answer)));
}
