import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Budget, CONNECTION_SLOTS } from "../../src/budget.ts";
import type { KeyedContext } from "../../src/context.ts";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import type { AccessRecord } from "../../src/observe/record.ts";
import { createUpstream, type OriginFetch } from "../../src/upstream/forward.ts";
import type { UpstreamCall, UpstreamRequest } from "../../src/upstream/upstream.ts";

type Layer = (request: UpstreamRequest, ctx: KeyedContext, next: UpstreamCall) => Promise<Response>;

let now: number;
beforeEach(() => {
  now = 1_000;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => void vi.useRealTimers());

/** Lets time pass, for the clock and for timers. */
async function pass(ms: number): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

const GET: UpstreamRequest = {
  method: "GET",
  path: "/x",
  search: "?a=1",
  headers: new Headers(),
  body: null,
};

/** A request with a deadline in 10 s, as far as an upstream looks at it. */
function context(layers: readonly Layer[] = [], deadline = 10_000) {
  const record: AccessRecord = {};
  const budget = new Budget(now + deadline);
  const ctx = { budget, record, plan: { road: { upstream: layers } } } as unknown as KeyedContext;
  return { ctx, budget, record };
}

/** An upstream whose origin the test plays. */
function upstream(fetch: OriginFetch["fetch"], timeout?: number) {
  return createUpstream("api", { base: "https://api.example/base", fetch }, timeout, { now: () => now });
}

/** Never answers, but notices when it is called off. */
const silence: OriginFetch["fetch"] = (_url, { signal }) =>
  new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** The code that a call was refused with, and what the log is told. */
async function refused(call: Promise<Response>): Promise<{ code: string; cause: unknown }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefusalError)) throw new Error("was not refused", { cause: error });
  return { code: error.refusal.code, cause: error.refusal.details.cause };
}

/** How many slots a request has left: taken one by one, and given back. */
function freeSlots(budget: Budget): number {
  let free = 0;
  while (budget.acquire() === undefined) free++;
  for (let index = 0; index <= free; index++) budget.release();
  return free;
}

describe("a call of an upstream", () => {
  it("goes below the origin's base path, method, headers and body as they are, redirects not followed", async () => {
    const asked: Array<readonly [string, RequestInit]> = [];
    const { send } = upstream(async (url, init) => {
      asked.push([url, init]);
      return new Response("made", { status: 201 });
    });
    const headers = new Headers({ "x-a": "1" });
    const response = await send({ ...GET, method: "POST", headers, body: "tea" }, context().ctx);
    expect([response.status, await response.text()]).toEqual([201, "made"]);
    expect(asked).toMatchObject([
      ["https://api.example/base/x?a=1", { method: "POST", headers, body: "tea", redirect: "manual" }],
    ]);
  });

  it("is noted in the record, answered or not", async () => {
    const { ctx, record } = context();
    const answers = [() => new Response(null, { status: 404 }), () => Promise.reject(new Error("refused"))];
    const { send } = upstream(async () => {
      now += 25;
      return answers.shift()!();
    });
    await send(GET, ctx);
    await refused(send(GET, ctx));
    expect(record.upstreams).toEqual([
      { upstream: "api", status: 404, ms: 25 },
      { upstream: "api", status: 0, ms: 25 },
    ]);
  });

  it("that is answered with what no client can be given is refused", async () => {
    const { send } = upstream(async () => ({ status: 999, webSocket: null }) as unknown as Response);
    expect((await refused(send(GET, context().ctx))).code).toMatch(/^upstream-/);
  });
});

describe("a call that fails", () => {
  it.each<[string, () => Promise<Response>]>([
    ["is refused", () => Promise.reject(new TypeError("Network connection lost."))],
    ["throws what is no error", () => Promise.reject("lost")],
    [
      "throws before it begins",
      () => {
        throw new Error("Network connection lost.");
      },
    ],
  ])("because the connection %s is upstream-unreachable; the log learns why", async (_, fetch) => {
    const { code, cause } = await refused(upstream(fetch).send(GET, context().ctx));
    expect(code).toBe("upstream-unreachable");
    expect(cause).toMatch(/^api: .*lost/);
  });

  it("by a refusal is that refusal", async () => {
    const refusal = refuse("configuration-missing");
    const { send } = upstream(() => Promise.reject(new RefusalError(refusal)));
    expect((await refused(send(GET, context().ctx))).code).toBe("configuration-missing");
  });
});

describe("time", () => {
  it.each<[string, number | undefined, number | undefined, number]>([
    ["the call's own", 300, 500, 300],
    ["the upstream's", 500, 300, 300],
    ["the upstream's alone", undefined, 300, 300],
    ["what is left of the deadline", undefined, undefined, 10_000],
    ["what is left of the deadline, though both allow more", 20_000, 30_000, 10_000],
  ])("that runs out is %s: the exchange is aborted", async (_, own, timeout, ms) => {
    let signal: AbortSignal | null | undefined;
    const { send } = upstream((url, init, ctx) => {
      signal = init.signal;
      return silence(url, init, ctx);
    }, timeout);
    const { ctx, budget, record } = context();
    const call = refused(send({ ...GET, ...(own !== undefined && { timeout: own }) }, ctx));
    await pass(ms - 1);
    expect(signal?.aborted).toBe(false);
    await pass(1);
    expect((await call).code).toBe("upstream-timeout");
    expect(signal?.aborted).toBe(true);
    expect(record.upstreams).toEqual([{ upstream: "api", status: 0, ms }]);
    expect(freeSlots(budget)).toBe(CONNECTION_SLOTS);
  });

  it("that has run out already is the gateway's own deadline: nothing is sent", async () => {
    const { ctx, budget } = context([], 0);
    let sent = 0;
    const { send } = upstream(async () => {
      sent++;
      return new Response();
    });
    expect((await refused(send(GET, ctx))).code).toBe("deadline-exceeded");
    expect(sent).toBe(0);
    expect(freeSlots(budget)).toBe(CONNECTION_SLOTS);
  });

  it("stops to count once the headers are in", async () => {
    let signal: AbortSignal | null | undefined;
    const { send } = upstream(async (_url, init) => {
      signal = init.signal;
      return new Response("slow");
    }, 300);
    await send(GET, context().ctx);
    await pass(60_000);
    expect(signal?.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that is long has the client looked out for, and is no longer for that", async () => {
    const { ctx } = context();
    const lookOut = vi.fn();
    const call = refused(upstream(silence, 3_000).send(GET, { ...ctx, lookOut }));
    await pass(999);
    expect(lookOut).not.toHaveBeenCalled();
    await pass(1);
    expect(lookOut).toHaveBeenCalledOnce();
    await pass(1_999);
    expect(vi.getTimerCount()).toBe(1);
    await pass(1);
    expect((await call).code).toBe("upstream-timeout");
    expect(lookOut).toHaveBeenCalledOnce();
  });

  it("leaves no timer behind a failure", async () => {
    await refused(upstream(() => Promise.reject(new Error("lost"))).send(GET, context().ctx));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a call that is no longer wanted", () => {
  it("is aborted, and its slot is free again", async () => {
    const controller = new AbortController();
    const { ctx, budget } = context();
    const call = refused(upstream(silence).send({ ...GET, controller }, ctx));
    await pass(5);
    controller.abort(new Error("not wanted"));
    expect((await call).code).toMatch(/^upstream-/);
    expect(freeSlots(budget)).toBe(CONNECTION_SLOTS);
  });

  it("before it has a slot is not answered either", async () => {
    const { ctx, budget } = context();
    for (let slot = 0; slot < CONNECTION_SLOTS; slot++) budget.acquire();
    const controller = new AbortController();
    const call = refused(upstream(silence).send({ ...GET, controller }, ctx));
    controller.abort(new Error("not wanted"));
    budget.release();
    expect((await call).code).toMatch(/^upstream-/);
  });

  it("fails with the refusal that it was called off with", async () => {
    const controller = new AbortController();
    const call = refused(upstream(silence).send({ ...GET, controller }, context().ctx));
    await pass(5);
    controller.abort(new RefusalError(refuse("body-too-large")));
    expect((await call).code).toBe("body-too-large");
  });
});

describe("the request's six slots", () => {
  it("are held until the headers are in, and a seventh call waits for one", async () => {
    const { ctx, budget, record } = context();
    const open: Array<(response: Response) => void> = [];
    const { send } = upstream(() => new Promise((resolve) => open.push(resolve)));
    const calls = Array.from({ length: CONNECTION_SLOTS + 2 }, () => send(GET, ctx));
    await pass(10);
    expect(open).toHaveLength(CONNECTION_SLOTS);
    open[0]!(new Response("first"));
    await pass(10);
    expect(open).toHaveLength(CONNECTION_SLOTS + 1);
    open[1]!(new Response("second"));
    await pass(10);
    for (const answer of open.slice(2)) answer(new Response());
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(freeSlots(budget)).toBe(CONNECTION_SLOTS);
    expect(budget.subrequests).toBeGreaterThanOrEqual(8);
    expect(record.upstreams).toHaveLength(8);
  });

  it("are given to who waits, even when its time is over by then", async () => {
    const { ctx, budget } = context();
    const { send } = upstream(silence);
    const calls = Array.from({ length: CONNECTION_SLOTS + 1 }, () => refused(send(GET, ctx)));
    await pass(10_000);
    const codes = (await Promise.all(calls)).map(({ code }) => code);
    expect(codes).toEqual([...Array(CONNECTION_SLOTS).fill("upstream-timeout"), "deadline-exceeded"]);
    expect(freeSlots(budget)).toBe(CONNECTION_SLOTS);
  });
});

describe("a gauge", () => {
  /** An upstream that is followed, and what was seen of it. */
  function followed(fetch: OriginFetch["fetch"]) {
    const seen: Array<readonly [what: string, ms: number]> = [];
    const gauge = {
      ended: (ms: number, tells: boolean) => void seen.push([tells ? "tells" : "ended", ms]),
      abandoned: (ms: number) => void seen.push(["abandoned", ms]),
    };
    const origin = { base: "https://api.example", fetch };
    const { send } = createUpstream("api", origin, undefined, { now: () => now }, { gauge });
    return { send, seen };
  }

  it("is told how long each call took, and whether that says how it goes with the origin", async () => {
    const answers = [
      () => new Response(),
      () => new Response(null, { status: 404 }),
      () => new Response(null, { status: 429 }),
      () => new Response(null, { status: 503 }),
      () => Promise.reject(new Error("refused")),
    ];
    const { send, seen } = followed(async () => {
      now += 25;
      return answers.shift()!();
    });
    while (answers.length > 0) await send(GET, context().ctx).catch(() => {});
    expect(seen).toEqual(["tells", "tells", "ended", "ended", "ended"].map((what) => [what, 25]));
  });

  it("is told of a call that came to no answer in time", async () => {
    const { send, seen } = followed(silence);
    const call = refused(send(GET, context([], 3_000).ctx));
    await pass(3_000);
    expect((await call).code).toBe("upstream-timeout");
    expect(seen).toEqual([["tells", 3_000]]);
  });

  it("is told of a client that left when it had been kept waiting, once, whoever was to end the call", async () => {
    for (const timed of [undefined, true] as const) {
      const { send, seen } = followed(silence);
      const { ctx } = context();
      let leave = () => {};
      const whenGone = (left: () => void) => {
        leave = left;
      };
      const controller = new AbortController();
      const request = { ...GET, controller, ...(timed && { timed }) };
      const call = refused(send(request, Object.assign(ctx, { whenGone, lookOut: () => {} })));
      await pass(1_500);
      leave();
      expect(seen).toEqual([["abandoned", 1_500]]);
      controller.abort();
      await call;
      expect(seen).toHaveLength(1);
    }
  });
});

describe("a route's layers", () => {
  it("stand round each call, the first outermost", async () => {
    const trail: string[] = [];
    const layer =
      (name: string): Layer =>
      async (request, ctx, next) => {
        trail.push(`${name} before ${request.path}`);
        const response = await next({ ...request, path: `${request.path}/${name}` }, ctx);
        trail.push(`${name} after`);
        return response;
      };
    const { send } = upstream(async (url) => {
      trail.push(url.replace("https://api.example/base", ""));
      return new Response();
    });
    await send(GET, context([layer("a"), layer("b")]).ctx);
    expect(trail).toEqual(["a before /x", "b before /x/a", "/x/a/b?a=1", "b after", "a after"]);
  });

  it("may answer without a call, or call more than once; each call has its own slot and note", async () => {
    const answered: Layer = async () => new Response("kept");
    const { ctx: quiet, record: none } = context([answered]);
    const { send } = upstream(async () => new Response("fetched"));
    expect(await (await send(GET, quiet)).text()).toBe("kept");
    expect(none.upstreams).toBeUndefined();

    const twice: Layer = async (request, ctx, next) => {
      await next(request, ctx);
      return next(request, ctx);
    };
    const { ctx, record, budget } = context([twice]);
    await send(GET, ctx);
    expect(record.upstreams).toHaveLength(2);
    expect(freeSlots(budget)).toBe(CONNECTION_SLOTS);
  });
});
