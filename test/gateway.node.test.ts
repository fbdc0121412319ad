import { describe, expect, it } from "vitest";
import { RefusalError, refuse } from "../src/errors/refusal.ts";
import { inMode } from "../src/observe/report.ts";
import type { Policy } from "../src/policies/policy.ts";
import { type FakeRoute, gatewayOf, NOW } from "./fake-routes.ts";

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
