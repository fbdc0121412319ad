import { describe, expect, it } from "vitest";
import type { Action } from "../src/actions/action.ts";
import type { KeyedContext, RequestContext } from "../src/context.ts";
import type { Deps } from "../src/deps.ts";
import { RefusalError, refuse } from "../src/errors/refusal.ts";
import { Gateway } from "../src/gateway.ts";
import { privateContext } from "../src/keyed.ts";
import { parseRouteKey } from "../src/match/pattern.ts";
import { createRouter } from "../src/match/router.ts";
import { buildTrie } from "../src/match/trie.ts";
import { inMode } from "../src/observe/report.ts";
import { layRoad } from "../src/phases.ts";
import type { Plan } from "../src/plan.ts";
import type { Policy } from "../src/policies/policy.ts";

const NOW = 1_795_132_800_000;

interface FakeRoute {
  readonly policies?: readonly Policy[];
  readonly action?: Action;
  readonly deadline?: number;
}

/** A gateway of routes whose policies and actions are the test's own. */
function gatewayOf(routes: Readonly<Record<string, FakeRoute>>, finishing: readonly Policy[] = []) {
  const clock = { now: NOW };
  const lines: Array<Readonly<Record<string, unknown>>> = [];
  const counted: Array<Parameters<Deps["refusals"]["note"]>> = [];
  const deps = {
    now: () => clock.now,
    random: (bytes: Uint8Array) => bytes.fill(7),
    refusals: { note: (...noted: Parameters<Deps["refusals"]["note"]>) => counted.push(noted) },
    log: (line: Readonly<Record<string, unknown>>) => lines.push(line),
  } as unknown as Deps;
  const plan = (
    id: string,
    { policies = [], action = () => new Response(id), deadline = 30_000 }: FakeRoute,
  ): Plan => ({
    facts: { id, method: id.split(" ")[0]!, pattern: id.split(" ")[1] ?? "", authenticates: false },
    deadline,
    websocket: false,
    road: layRoad(policies),
    action,
  });
  const plans = Object.entries(routes).map(([id, route]) => plan(id, route));
  const entries = Object.keys(routes).map((id, index) => {
    const pattern = parseRouteKey(id);
    if ("error" in pattern) throw new Error(pattern.error);
    return { pattern, index };
  });
  const unmatched = plan("", { policies: finishing });
  const gateway = new Gateway({
    deps,
    router: createRouter(buildTrie(entries)),
    when: {},
    plan: (route) => plans[route]!,
    unmatched: () => unmatched,
  });
  const ask = (path: string, init?: RequestInit) =>
    gateway.fetch(new Request(`https://api.example${path}`, init), { waitUntil: () => {} });
  return { gateway, ask, lines, clock, counted };
}

/** A policy that says what it does, in every phase. */
function talkative(name: string, said: string[]): Policy {
  const say = (phase: string) => () => {
    said.push(`${phase} ${name}`);
    return undefined;
  };
  const pass = (phase: string) => (_: unknown, response: Response) => {
    said.push(`${phase} ${name}`);
    return response;
  };
  return {
    guard: say("guard"),
    authenticate: say("authenticate"),
    authorize: say("authorize"),
    limit: say("limit"),
    validate: say("validate"),
    admit: say("admit"),
    transform: pass("transform"),
    personalise: pass("personalise"),
    finalise: say("finalise"),
  };
}

describe("the phases", () => {
  it("run in their order, each through all policies", async () => {
    const said: string[] = [];
    const { ask } = gatewayOf({
      "GET /": {
        policies: [talkative("a", said), talkative("b", said)],
        action: () => {
          said.push("action");
          return new Response("done");
        },
      },
    });
    expect(await (await ask("/")).text()).toBe("done");
    const phases = ["guard", "authenticate", "authorize", "limit", "validate", "admit"];
    const both = (phase: string) => [`${phase} a`, `${phase} b`];
    const back = ["transform", "personalise", "finalise"];
    expect(said).toEqual([...phases.flatMap(both), "action", ...back.flatMap(both)]);
  });

  it("end at the first no, which is finalised all the same", async () => {
    for (const phase of ["guard", "authenticate", "authorize", "limit", "validate", "admit"] as const) {
      const said: string[] = [];
      const refusing: Policy = { [phase]: async () => refuse("origin-not-allowed") };
      const { ask, lines } = gatewayOf({ "GET /": { policies: [refusing, talkative("later", said)] } });
      const answer = await ask("/");
      expect([phase, answer.status]).toEqual([phase, 403]);
      expect(said.at(-1)).toBe("finalise later");
      expect(said).not.toContain(`${phase} later`);
      expect(said.some((text) => /transform|personalise/.test(text))).toBe(false);
      expect(lines).toMatchObject([
        { route: "GET /", status: 403, code: "origin-not-allowed", fault: "client" },
      ]);
    }
  });

  it("stand, from guard to personalise, within what a policy puts around them", async () => {
    const said: string[] = [];
    const around: Policy = {
      async around(ctx, proceed) {
        said.push("in");
        const response = await proceed(ctx.request);
        said.push(`out with ${response.status}`);
        return new Response("wrapped", response);
      },
    };
    const { ask } = gatewayOf({ "GET /": { policies: [talkative("a", said), around] } });
    expect(await (await ask("/")).text()).toBe("wrapped");
    expect(said).toEqual([
      "in",
      ...["guard", "authenticate", "authorize", "limit", "validate", "admit", "transform", "personalise"].map(
        (phase) => `${phase} a`,
      ),
      "out with 200",
      "finalise a",
    ]);
  });

  it("give what stands around them refusals as answers, and it sees the request that goes on", async () => {
    const seen: unknown[] = [];
    const around: Policy = {
      async around(ctx, proceed) {
        const response = await proceed(new Request(ctx.request, { headers: { "x-a": "1" } }));
        seen.push(response.status);
        return response;
      },
    };
    const guard: Policy["guard"] = ({ request }) => {
      seen.push(request.headers.get("x-a"));
      return request.url.endsWith("?throw") ? never() : refuse("origin-not-allowed");
    };
    const error: Policy["error"] = async (_, { code }) => new Response(code, { status: 418 });
    const { ask, lines } = gatewayOf({ "GET /": { policies: [around, { guard, error }] } });
    expect(await (await ask("/")).text()).toBe("origin-not-allowed");
    expect(await (await ask("/?throw")).text()).toBe("internal-error");
    expect(seen).toEqual(["1", 418, "1", 418]);
    expect(lines).toMatchObject([{ code: "origin-not-allowed" }, { code: "internal-error" }]);
  });

  it("do not run where what stands around them refuses", async () => {
    const around: Policy = { around: () => Promise.reject(new RefusalError(refuse("rate-limited"))) };
    const { ask, lines } = gatewayOf({ "GET /": { policies: [around, { guard: never }], action: never } });
    expect((await ask("/")).status).toBe(429);
    expect((await ask("/nowhere")).status).toBe(404);
    expect(lines).toMatchObject([{ code: "rate-limited" }, { code: "route-not-found" }]);
  });

  it("may be cut short by an answer", async () => {
    const { ask, lines } = gatewayOf({
      "GET /": { policies: [{ validate: () => new Response("early", { status: 202 }) }], action: never },
    });
    expect(await (await ask("/")).text()).toBe("early");
    expect(lines).toMatchObject([{ status: 202 }]);
  });

  it("right of the cut run for what a replay policy makes of the request", async () => {
    const seen: KeyedContext[] = [];
    const { ask } = gatewayOf({
      "GET /": {
        policies: [
          { replay: (ctx, proceed) => proceed({ ...privateContext(ctx), search: "?cut" } as KeyedContext) },
        ],
        action: (ctx) => {
          seen.push(ctx);
          return new Response();
        },
      },
    });
    await ask("/?whole");
    expect(seen.map(({ search }) => search)).toEqual(["?cut"]);
  });

  it("let an error policy answer for a refusal, and fall back to the problem", async () => {
    const { ask } = gatewayOf({
      "GET /": {
        policies: [
          { guard: () => refuse("rate-limited") },
          { error: () => undefined },
          { error: (_, { code }) => new Response(code, { status: 299 }) },
        ],
      },
    });
    const answer = await ask("/");
    expect([answer.status, await answer.text()]).toEqual([299, "rate-limited"]);
  });
});

describe("whatever is thrown", () => {
  const thrown: ReadonlyArray<readonly [name: string, value: unknown]> = [
    ["an error", new Error("the secret reason")],
    ["a text", "the secret reason"],
    ["nothing", undefined],
    ["an object without a prototype", Object.create(null)],
    ["an object that has no text", { toString: undefined, toJSON: () => 1n }],
  ];

  it.each(thrown)("%s becomes a 500 that says nothing, with its line in the log", async (_, value) => {
    const fail = () => {
      throw value;
    };
    const places: ReadonlyArray<FakeRoute> = [
      { policies: [{ guard: fail }] },
      { policies: [{ authenticate: () => Promise.reject(value) }] },
      { policies: [{ replay: () => Promise.reject(value) }] },
      { policies: [{ admit: fail }] },
      { action: fail },
      { policies: [{ transform: fail }] },
      { policies: [{ personalise: fail }] },
      { policies: [{ finalise: fail }] },
    ];
    for (const place of places) {
      const { ask, lines } = gatewayOf({ "GET /": place });
      const answer = await ask("/");
      expect(answer.status).toBe(500);
      expect(await answer.text()).not.toContain("secret");
      expect(answer.headers.get("x-request-id")).toBe(lines[0]?.id);
      expect(lines).toMatchObject([
        { route: "GET /", status: 500, code: "internal-error", fault: "gateway" },
      ]);
    }
  });

  it("a refusal on its way up is that refusal", async () => {
    const { ask } = gatewayOf({
      "GET /": {
        action: () => {
          throw new RefusalError(refuse("upstream-timeout", { cause: "too slow" }));
        },
      },
    });
    expect((await ask("/")).status).toBe(504);
  });
});

describe("a dispatched request", () => {
  it("is a child: it shares id, trace, address and time, and stands in its parent's line of the log", async () => {
    const parents: KeyedContext[] = [];
    const children: RequestContext[] = [];
    const { gateway, ask, lines } = gatewayOf({
      "GET /parent": {
        deadline: 1_000,
        async action(ctx) {
          parents.push(ctx);
          const answer = await gateway.dispatch(new Request("https://api.example/child"), ctx);
          return new Response(`parent of ${await answer.text()}`);
        },
      },
      "GET /child": {
        deadline: 30_000,
        policies: [{ guard: (ctx) => void children.push(ctx) as undefined }],
        action: () => new Response("child"),
      },
    });
    const answer = await ask("/parent", {
      headers: { "x-request-id": "the-only-id", "cf-connecting-ip": "192.0.2.1" },
    });
    expect(await answer.text()).toBe("parent of child");
    const [parent, child] = [parents[0]!, children[0]!];
    expect(child).toMatchObject({ id: "the-only-id", address: "192.0.2.1", depth: 1 });
    expect(child.trace).toBe(parent.trace);
    expect(child.budget).toBe(parent.budget);
    expect(child.budget.deadlineAt).toBe(NOW + 1_000);
    expect(lines).toMatchObject([
      { id: "the-only-id", route: "GET /parent", children: [{ route: "GET /child", status: 200 }] },
    ]);
  });

  it("is judged like any other, its refusal being the parent's to use", async () => {
    const { gateway, ask } = gatewayOf({
      "GET /parent": { action: (ctx) => gateway.dispatch(new Request("https://api.example/closed"), ctx) },
      "GET /closed": { policies: [{ authenticate: () => refuse("credential-missing") }] },
    });
    expect((await ask("/parent")).status).toBe(401);
  });

  it("that calls itself is stopped", async () => {
    let calls = 0;
    const { gateway, ask } = gatewayOf({
      "GET /loop": {
        action(ctx) {
          calls++;
          return gateway.dispatch(new Request("https://api.example/loop"), ctx);
        },
      },
    });
    const answer = await ask("/loop");
    expect(await answer.json()).toMatchObject({ status: 508, code: "loop-detected" });
    expect(calls).toBeLessThan(20);
  });
});

describe("an answer", () => {
  it("that no route gave is finalised by what the gateway says for all", async () => {
    const finish: Policy = { finalise: (_, headers) => headers.set("x-finished", "yes") };
    const { ask } = gatewayOf({ "GET /": {} }, [finish]);
    for (const [path, method, status] of [
      ["/nowhere", "GET", 404],
      ["/", "PUT", 405],
      ["/a;b", "GET", 400],
      ["/", "OPTIONS", 204],
    ] as const) {
      const answer = await ask(path, { method });
      expect([path, answer.status, answer.headers.get("x-finished")]).toEqual([path, status, "yes"]);
    }
  });

  it("to HEAD has no body, whatever the action made", async () => {
    const { ask } = gatewayOf({
      "GET /": { action: () => new Response("body", { headers: { "x-own": "1" } }) },
    });
    const answer = await ask("/", { method: "HEAD" });
    expect([answer.status, answer.body, answer.headers.get("x-own")]).toEqual([200, null, "1"]);
  });

  it("is timed from arrival to headers", async () => {
    const { ask, lines, clock } = gatewayOf({
      "GET /": {
        action: async () => {
          clock.now += 250;
          return new Response();
        },
      },
    });
    await ask("/");
    expect(lines).toMatchObject([
      { time: new Date(NOW).toISOString(), ms: 250, method: "GET", host: "api.example" },
    ]);
  });
});

function never(): never {
  throw new Error("not to be reached");
}

describe("a client that goes", () => {
  it("before it is answered has its line written then, and no other", async () => {
    const client = new AbortController();
    let answer = (_: Response) => {};
    const { ask, lines, clock } = gatewayOf({
      "GET /": {
        action: ({ lookOut }) => {
          lookOut?.();
          return new Promise((resolve) => {
            answer = resolve;
          });
        },
      },
    });
    const asked = ask("/", { signal: client.signal });
    clock.now += 70;
    client.abort();
    const line = expect.objectContaining({
      status: 499,
      ms: 70,
      fault: "client",
      cause: "the client has gone",
    });
    expect(lines).toEqual([line]);
    // The runtime may let it run on, where something else has to be done.
    await new Promise((resolve) => setImmediate(resolve));
    answer(new Response("late"));
    await asked;
    expect(lines).toEqual([line]);
  });

  it("after that has no other line than the answer's", async () => {
    const client = new AbortController();
    const { ask, lines } = gatewayOf({ "GET /": { action: () => new Response("body") } });
    await ask("/", { signal: client.signal });
    client.abort();
    expect(lines).toEqual([expect.objectContaining({ status: 200 })]);
    expect(lines[0]).not.toHaveProperty("fault");
  });
});

describe("what was refused", () => {
  it("is counted for its route, and so is what a policy has only reported", async () => {
    const reporting: Policy = {
      guard(ctx) {
        inMode("report", refuse("body-too-large"), "bodyLimit", ctx);
        return undefined;
      },
    };
    const refusing: Policy = { guard: () => refuse("rate-limited") };
    const { ask, counted } = gatewayOf({
      "GET /reported": { policies: [reporting] },
      "GET /refused": { policies: [reporting, refusing] },
    });
    for (const path of ["/reported", "/refused", "/nowhere"]) await ask(path);
    const reported = [{ policy: "bodyLimit", code: "body-too-large" }];
    expect(counted.map(([route, record]) => [route, record])).toEqual([
      ["GET /reported", { reported }],
      ["GET /refused", expect.objectContaining({ reported, code: "rate-limited" })],
      ["", expect.objectContaining({ code: "route-not-found" })],
    ]);
  });
});
