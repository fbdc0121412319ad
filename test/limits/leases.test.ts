import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Budget } from "../../src/budget.ts";
import type { Grant as Granted } from "../../src/leases/message.ts";
import { type Asking, Leases, type Terms } from "../../src/limits/leases.ts";
import type { Allowance, Grant, LeaseAsk } from "../../src/stores/counters/counter-store.ts";

const WINDOW = 60_000;
const LIMIT = 1_000;
const allowance: Allowance = { algorithm: "fixedWindow", limit: LIMIT, windowMs: WINDOW, burst: LIMIT };
const some: Granted = { tokens: 10, left: 900, ttlMs: 30_000, resetMs: 30_000, period: 1, crowded: false };

const plain: Terms = { slack: 0, relayed: false };

/** Asks that a store has been put, to be answered by hand. */
interface Put extends LeaseAsk {
  readonly within: number | undefined;
  readonly answer: (grant: Granted) => void;
  readonly fail: (error: Error) => void;
}

function store() {
  const asks: Put[] = [];
  const lease = (question: LeaseAsk, within?: number) =>
    new Promise<Granted>((answer, fail) => asks.push({ ...question, within, answer, fail }));
  return { asks, lease };
}

function asking({ deadline = 10_000, colo }: { readonly deadline?: number; readonly colo?: string } = {}) {
  const later: Array<Promise<unknown>> = [];
  const ctx: Asking = {
    budget: new Budget(Date.now() + deadline),
    execution: { waitUntil: (work) => void later.push(work) },
    ...(colo !== undefined && {
      request: new Request("https://api.example/", { cf: { colo } as IncomingRequestCfProperties }),
    }),
  };
  return Object.assign(ctx, { later });
}

/** An isolate's leases, and the store that they are of. */
function isolate() {
  const { asks, lease } = store();
  const leases = new Leases({ lease }, Date.now);
  const take = (cost = 1, ctx: Asking = asking(), terms: Partial<Terms> = {}) =>
    leases.take({ key: "k", allowance, cost }, { ...plain, ...terms }, ctx);
  /** Takes, with the store's answer to what is asked for. */
  const granted = async (answer: Granted, cost = 1) => {
    const taken = take(cost);
    asks.at(-1)!.answer(answer);
    return taken;
  };
  return { asks, leases, take, granted };
}

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

describe("an isolate's leases", () => {
  it("ask once for requests that come at once, and let each wait for that", async () => {
    const { asks, take } = isolate();
    const taken = [take(), take(), take()];
    expect(asks.map(({ ask }) => ask.want)).toEqual([1]);
    asks[0]!.answer(some);
    expect(await Promise.all(taken)).toMatchObject(taken.map(() => ({ allowed: true })));
  });

  it("answer at once while they last, and tell what is left here and in the store", async () => {
    const { asks, take, granted } = isolate();
    expect(await granted(some)).toMatchObject({ allowed: true, remaining: 909, resetMs: 30_000 });
    const next = take() as Grant;
    expect(next).toMatchObject({ allowed: true, remaining: 908 });
    expect(asks).toHaveLength(1);
  });

  it("end before the store believes them over: the clock stands still while code runs", async () => {
    const { take, granted } = isolate();
    await granted(some);
    await vi.advanceTimersByTimeAsync(29_989);
    expect(take()).not.toBeInstanceOf(Promise);
    await vi.advanceTimersByTimeAsync(1);
    expect(take()).toBeInstanceOf(Promise);
  });

  it("refuse at once what the store has said not to have, until it may have it again", async () => {
    const { asks, take, granted } = isolate();
    const empty = { ...some, tokens: 1, left: 0, resetMs: 20_000 };
    expect(await granted(empty)).toMatchObject({ allowed: true, remaining: 0 });
    expect(take()).toMatchObject({ allowed: false, remaining: 0, resetMs: 20_000 });
    expect(asks).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(take()).toBeInstanceOf(Promise);
    expect(asks).toHaveLength(2);
  });

  it("ask for nothing ahead on account of what they refuse", async () => {
    const { asks, take, granted } = isolate();
    await vi.advanceTimersByTimeAsync(0);
    const first = take(4);
    await vi.advanceTimersByTimeAsync(40);
    asks[0]!.answer({ ...some, tokens: 4, left: 6 });
    await first;
    for (let n = 0; n < 50; n++) {
      expect(take(8)).toMatchObject({ allowed: false, remaining: 6 });
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(asks).toHaveLength(1);
    expect(await granted({ ...some, tokens: 6, left: 0 }, 6)).toMatchObject({ allowed: true });
  });

  it("are taken back unspent, and spent by the next", async () => {
    const { leases, take, granted } = isolate();
    const { at } = await granted({ ...some, tokens: 1, left: 0 });
    expect(take()).toMatchObject({ allowed: false });
    leases.refund({ key: "k", allowance, cost: 1, at });
    expect(take()).toMatchObject({ allowed: true });
    expect(take()).toMatchObject({ allowed: false });
  });

  it("pay for what has been used without a word, and the rest is owed", async () => {
    const { asks, leases, granted } = isolate();
    await granted(some);
    leases.charge({ key: "k", allowance, cost: 4 }, plain, asking());
    expect(asks).toHaveLength(1);
    leases.charge({ key: "k", allowance, cost: 8 }, plain, asking());
    expect(asks.at(-1)!.ask).toMatchObject({ owed: 3, want: 0 });
  });

  it("see to it that the store hears of all that is owed, however full it is, once a second", async () => {
    const { asks, leases, granted } = isolate();
    await granted({ ...some, tokens: 1, left: 0 });
    const ctx = asking();
    const empty = { ...some, tokens: 0, left: 0 };
    const owed = () => asks.slice(1).map(({ ask }) => ask.owed);
    for (const cost of [2, 3]) leases.charge({ key: "k", allowance, cost }, plain, ctx);
    expect(owed()).toEqual([2]);
    asks[1]!.answer(empty);
    await vi.advanceTimersByTimeAsync(999);
    expect(owed()).toEqual([2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(owed()).toEqual([2, 3]);
    asks[2]!.answer(empty);
    await Promise.all(ctx.later);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(owed()).toEqual([2, 3]);
  });

  it("let requests through that are owed for, where that is allowed", async () => {
    const { asks, take } = isolate();
    expect(take(1, asking(), { slack: 2 })).toMatchObject({ allowed: true });
    expect(take(1, asking(), { slack: 2 })).toMatchObject({ allowed: true });
    expect(take(1, asking(), { slack: 2 })).toBeInstanceOf(Promise);
    expect(asks).toHaveLength(1);
  });

  it("ask for nothing on behalf of a request whose time was over long ago, and that nobody has taken away", async () => {
    const { asks, leases, take } = isolate();
    // The platform has called it off: what would come after never does.
    const lost = asking({ deadline: 100 });
    lost.budget.remaining = () => 1e9;
    void Promise.resolve(leases.take({ key: "k", allowance, cost: 40 }, plain, lost)).catch(() => {});
    asks[0]!.answer({ ...some, tokens: 1, left: 900 });
    await vi.advanceTimersByTimeAsync(0);
    expect(asks.at(-1)!.ask).toMatchObject({ want: 39 });
    await vi.advanceTimersByTimeAsync(200);
    asks.at(-1)!.answer({ ...some, tokens: 1, left: 0, resetMs: 10 });
    await vi.advanceTimersByTimeAsync(20);
    void take(5);
    expect(asks.at(-1)!.ask).toMatchObject({ want: 3, least: 5 });
  });

  it("forget what the store said long ago", async () => {
    const { take: bounded, asks } = isolate();
    const first = bounded(1, asking(), { slack: 2 });
    expect(first).toMatchObject({ allowed: true, remaining: LIMIT - 1, resetMs: WINDOW });
    asks[0]!.answer({ ...some, left: 3 });
    await vi.advanceTimersByTimeAsync(0);
    expect(bounded()).toMatchObject({ remaining: 12, resetMs: 30_000 });
    await vi.advanceTimersByTimeAsync(30_000 + WINDOW);
    expect(bounded()).toMatchObject({ allowed: true, remaining: LIMIT - 1, resetMs: WINDOW });
  });

  it("ask the relay of where the isolate is once the store says that many ask", async () => {
    const { asks, take } = isolate();
    const first = take(1, asking({ colo: "FRA" }));
    asks[0]!.answer({ ...some, tokens: 1, crowded: true });
    await first;
    void take();
    expect(asks.map(({ location }) => location)).toEqual([undefined, "FRA"]);
  });

  it("ask it from the beginning where all callers share the counter, and the counter itself once it fails", async () => {
    const { asks, take } = isolate();
    const first = take(1, asking({ colo: "FRA" }), { relayed: true });
    asks[0]!.fail(new Error("gone"));
    await expect(first).rejects.toThrow("gone");
    await vi.advanceTimersByTimeAsync(1_000);
    void take();
    expect(asks.map(({ location }) => location)).toEqual(["FRA", undefined]);
  });

  it("serve who waits as soon as there is enough for each", async () => {
    const { asks, take } = isolate();
    const [large, small] = [take(5), take(1)];
    asks[0]!.answer({ ...some, tokens: 3 });
    expect(await small).toMatchObject({ allowed: true });
    expect(asks.at(-1)!.ask).toMatchObject({ want: 3, held: 3 });
    asks.at(-1)!.answer({ ...some, tokens: 3 });
    expect(await large).toMatchObject({ allowed: true });
  });
});

describe("where the store gives no answer", () => {
  it("requests fail within a second, and then at once until it is asked again", async () => {
    const { asks, take } = isolate();
    const taken = [take(), take()];
    expect(asks[0]!.within).toBe(1_000);
    const outcomes = Promise.allSettled(taken);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(() => take()).toThrow("no answer in time");
    expect(asks).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(take()).toBeInstanceOf(Promise);
    expect(asks).toHaveLength(2);
  });

  it("a request waits no longer than it has time", async () => {
    const { take } = isolate();
    const taken = Promise.resolve(take(1, asking({ deadline: 300 }))).catch(String);
    await vi.advanceTimersByTimeAsync(299);
    expect(await Promise.race([taken, Promise.resolve("waits")])).toBe("waits");
    await vi.advanceTimersByTimeAsync(1);
    expect(await taken).toBe("Error: no answer in the request's time");
  });

  it("what it answers later is not believed", async () => {
    const { asks, take } = isolate();
    const taken = Promise.resolve(take()).catch(() => "failed");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await taken).toBe("failed");
    asks[0]!.answer(some);
    await vi.advanceTimersByTimeAsync(500);
    expect(() => take()).toThrow();
  });

  it("what it says instead is what requests fail with", async () => {
    const { asks, take } = isolate();
    const taken = take();
    asks[0]!.fail(new Error("upstash: connection refused"));
    await expect(taken).rejects.toThrow("upstash: connection refused");
    expect(() => take()).toThrow("upstash: connection refused");
  });
});

describe("counters without number", () => {
  it("are kept up to a bound, those that are asked for first", async () => {
    const { asks, lease } = store();
    const leases = new Leases({ lease }, Date.now);
    const take = (key: string) => leases.take({ key, allowance, cost: 1 }, plain, asking());
    const busy = take("busy");
    asks[0]!.answer({ ...some, tokens: 1_000, ttlMs: 50_000 });
    await busy;
    for (let index = 0; index < 60_000; index++) {
      void Promise.resolve(take(`key ${index}`));
      if (index % 10_000 === 0) expect(take("busy")).not.toBeInstanceOf(Promise);
    }
    const before = asks.length;
    void take("key 0");
    expect(asks).toHaveLength(before + 1);
    void take("key 59999");
    expect(asks).toHaveLength(before + 1);
  });
});
