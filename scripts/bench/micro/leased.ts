import { bench, do_not_optimize, group } from "mitata";
import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { Leases, type Terms } from "../../../src/limits/leases.ts";
import * as rateLimit from "../../../src/policies/limit/rate-limit.ts";
import type { Tools } from "../../../src/policies/policy.ts";
import type { LeaseAsk, SharedCounterStore, Take } from "../../../src/stores/counters/counter-store.ts";

const LIMIT = 100_000_000;
const KEYS = 5_000;
const now = () => Date.now();
const terms: Terms = { slack: 0, relayed: false };
const route = { id: "GET /a", method: "GET", pattern: "/a", authenticates: false };
const ctx = {
  address: "203.0.113.7",
  record: {},
  budget: { remaining: () => 10_000, acquire: () => undefined, release: () => {} },
  execution: { waitUntil: () => {} },
} as unknown as RequestContext;

/** A store that grants so much that nobody asks twice. */
const lease = async ({ allowance }: LeaseAsk) => {
  const tokens = Math.floor(allowance.limit / 2);
  return { tokens, left: tokens, ttlMs: 86_400_000, resetMs: 86_400_000, period: 1, crowded: false };
};

/** A limit that the isolate holds a lease of: what is done in the isolate for each request. */
export async function register(): Promise<void> {
  const leases = new Leases({ lease }, now);
  const take = (key: string): Take => {
    const allowance = { algorithm: "slidingWindow", limit: LIMIT, windowMs: 60_000, burst: LIMIT } as const;
    return { key, allowance, cost: 1 };
  };
  const one = take("one");
  const many = Array.from({ length: KEYS }, (_, index) => take(`key ${index}`));
  await Promise.all([one, ...many].map((each) => leases.take(each, terms, ctx)));

  const counters = {
    remote: true,
    lease,
    leases: new Leases({ lease }, now),
  } as unknown as SharedCounterStore;
  const random = (bytes: Uint8Array) => bytes;
  const tools = { deps: { counters, now, random } as unknown as Deps, route } as Tools;
  const options = rateLimit.options().parse({ limit: LIMIT, window: "1m" });
  const policy = rateLimit.create([options] as Parameters<typeof rateLimit.create>[0], tools);
  await policy.guard!(ctx);

  group("leased", () => {
    bench("leased: a hit", () => do_not_optimize(leases.take(one, terms, ctx)));
    let next = 0;
    bench(`leased: a hit, of ${KEYS} keys in turns`, () =>
      do_not_optimize(leases.take(many[next++ % KEYS]!, terms, ctx)),
    );
    bench("leased: the whole policy", () => {
      ctx.limits = undefined;
      do_not_optimize(policy.guard!(ctx));
    });
  });
}
