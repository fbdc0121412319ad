import { describe, expect, it } from "vitest";
import type { KeyedContext, RequestContext } from "../../src/context.ts";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import { noCounts } from "../../src/explain/noted-counts.ts";
import { tracePolicy } from "../../src/explain/traced-policy.ts";
import { Tracer } from "../../src/explain/tracer.ts";
import type { Policy } from "../../src/policies/policy.ts";
import type { UpstreamRequest } from "../../src/upstream/upstream.ts";

type Both = RequestContext & KeyedContext;

function traced(policy: Policy) {
  let clock = 0;
  const tracer = new Tracer(() => clock);
  const ctx = {
    depth: 0,
    plan: { facts: { id: "GET /a", variant: "{}" } },
    record: {},
    identity: undefined,
    limits: undefined,
    request: new Request("https://a.example/a"),
  } as unknown as Both;
  const wait = (ms: number) => {
    clock += ms;
  };
  return {
    tracer,
    ctx,
    wait,
    policy: tracePolicy("own", policy, tracer, { key: undefined, lists: [], counts: noCounts() }),
  };
}

const answer = (status = 200, headers: HeadersInit = {}) => new Response(null, { status, headers });

describe("a traced policy", () => {
  it("has the phases and settings of the policy, and no others", () => {
    const { policy } = traced({ bodyLimit: 5, withheld: ["a"], guard: () => undefined, finalise: () => {} });
    expect(Object.keys(policy).sort()).toEqual(["bodyLimit", "finalise", "guard", "withheld"]);
    expect([policy.bodyLimit, policy.withheld]).toEqual([5, ["a"]]);
  });

  it("says what it said, at once where it did, and with its own `this`", async () => {
    const refusal = refuse("rate-limited");
    const own: Policy & { count: number } = {
      count: 0,
      guard() {
        this.count++;
        return undefined;
      },
      authenticate: async () => refusal,
      admit: () => answer(204),
    };
    const { policy, ctx } = traced(own);
    expect(policy.guard?.(ctx)).toBeUndefined();
    expect(own.count).toBe(1);
    expect(await policy.authenticate?.(ctx)).toBe(refusal);
    expect(await policy.admit?.(ctx)).toMatchObject({ status: 204 });
  });

  it("throws what it threw, and that is told", async () => {
    const { policy, ctx, tracer } = traced({
      guard: () => {
        throw new RefusalError(
          refuse("malformed-body", { detail: "Half of it.", cause: new Error("cut\nhere") }),
        );
      },
      limit: () => Promise.reject(new TypeError("a bug")),
    });
    expect(() => policy.guard?.(ctx)).toThrow(RefusalError);
    await expect(policy.limit?.(ctx)).rejects.toThrow("a bug");
    expect(tracer.events).toMatchObject([
      {
        outcome: "refuses",
        refusal: { code: "malformed-body", status: 400, detail: "Half of it.", cause: "cut" },
      },
      { outcome: "fails", refusal: { code: "internal-error", status: 500, cause: "a bug" } },
    ]);
  });

  it("shows no credential of a URL that a cause or a note speaks of", () => {
    const { policy, ctx, tracer } = traced({
      guard({ record }) {
        record.notes = ["asked /x?token=hidden for it"];
        return refuse("unusable-value", { cause: new Error('the path "/x?api_key=hidden": no') });
      },
    });
    policy.guard?.(ctx);
    expect(tracer.events[0]?.notes).toEqual(["asked /x?token=(redacted) for it"]);
    expect(tracer.events[0]?.refusal?.cause).toBe('the path "/x?api_key=(redacted)": no');
  });

  it("tells what it has found out, and how long it took", async () => {
    const { policy, ctx, tracer, wait } = traced({
      async authenticate(ctx) {
        wait(7);
        ctx.identity = { id: "i#s", subject: "s", scopes: ["r"], claims: { private: 1 } } as never;
        ctx.limits = [{ name: "l", limit: 2, window: 60, remaining: 1, reset: 3 }];
        ctx.record.notes = ["noted"];
        ctx.record.reported = [{ policy: "own", code: "rate-limited" }];
        return undefined;
      },
    });
    ctx.record.notes = undefined;
    await policy.authenticate?.(ctx);
    ctx.limits![0]!.remaining = 2;
    expect(tracer.events).toEqual([
      {
        route: "GET /a",
        depth: 0,
        phase: "authenticate",
        name: "own",
        outcome: "passes",
        identity: { id: "i#s", subject: "s", scopes: ["r"] },
        limits: [{ name: "l", limit: 2, window: 60, remaining: 1, reset: 3 }],
        notes: ["noted"],
        reported: [{ policy: "own", code: "rate-limited" }],
        ms: 7,
      },
    ]);
    expect(tracer.route).toEqual({ id: "GET /a", variant: "{}" });
  });

  it("that wraps others leaves them their own", async () => {
    const { policy, ctx, tracer } = traced({
      async around(ctx, proceed) {
        ctx.record.notes = ["before"];
        const given = await proceed(ctx.request);
        ctx.record.notes.push("after");
        given.headers.set("x-wrapped", "1");
        return given;
      },
      guard(ctx) {
        ctx.record.notes?.push("within");
        return undefined;
      },
    });
    await policy.around?.(ctx, async () => {
      policy.guard?.(ctx);
      return answer();
    });
    expect(tracer.events).toMatchObject([
      {
        phase: "around",
        outcome: "passes",
        notes: ["before", "after"],
        changes: { set: [["x-wrapped", "1"]], removed: [] },
      },
      { phase: "guard", notes: ["within"] },
    ]);
  });

  it("answers by itself or lets the rest answer", async () => {
    const { policy, ctx, tracer } = traced({
      around: async () => answer(418),
      replay: async (ctx, proceed) => {
        ctx.record.cache = "miss";
        return proceed(ctx as Both);
      },
      error: (_ctx, { code }) => (code === "rate-limited" ? answer(200) : undefined),
    });
    await policy.around?.(ctx, async () => answer());
    await policy.replay?.(ctx, async () => answer());
    await policy.error?.(ctx, refuse("rate-limited"));
    await policy.error?.(ctx, refuse("internal-error"));
    expect(tracer.events.map(({ phase, outcome, status, cache }) => [phase, outcome, status, cache])).toEqual(
      [
        ["around", "answers", 418, undefined],
        ["replay", "passes", undefined, "miss"],
        ["error", "answers", 200, undefined],
        ["error", "passes", undefined, undefined],
      ],
    );
  });

  it("shows what becomes of requests and answers", async () => {
    const { policy, ctx, tracer } = traced({
      upstream: (call, ctx, next) => {
        const headers = new Headers(call.headers);
        headers.set("authorization", "Bearer made-by-a-hook");
        headers.delete("x-gone");
        return next({ ...call, path: "/other", headers }, ctx);
      },
      transform: (_ctx, given) => given,
      personalise: (_ctx, given) =>
        new Response(null, { headers: { ...Object.fromEntries(given.headers), b: "2" } }),
      finalise: (_ctx, headers) => headers.set("c", "3"),
    });
    const sent: UpstreamRequest[] = [];
    const call = {
      method: "GET",
      path: "/a",
      search: "?b",
      headers: new Headers({ "x-gone": "1" }),
      body: null,
    };
    await policy.upstream?.(call, ctx, async (request) => {
      sent.push(request);
      return answer();
    });
    await policy.transform?.(ctx, answer(200, { a: "1" }));
    await policy.personalise?.(ctx, answer(200, { a: "1" }));
    policy.finalise?.(ctx, new Headers(), answer());
    expect(sent).toMatchObject([{ path: "/other" }]);
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer made-by-a-hook");
    expect(tracer.events.map(({ phase, target, changes }) => [phase, target, changes])).toEqual([
      ["upstream", "GET /other?b", { set: [["authorization", "Bearer (redacted)"]], removed: ["x-gone"] }],
      ["transform", undefined, undefined],
      ["personalise", undefined, { set: [["b", "2"]], removed: [] }],
      ["finalise", undefined, { set: [["c", "3"]], removed: [] }],
    ]);
  });

  it("is only the policy once the trace has ended", () => {
    const { policy, ctx, tracer } = traced({ guard: () => undefined });
    tracer.end();
    expect(policy.guard?.(ctx)).toBeUndefined();
    expect(tracer.events).toEqual([]);
  });
});
