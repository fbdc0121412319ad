import { describe, expect, it } from "vitest";
import type { KeyedContext } from "../src/context.ts";
import { RefusalError, refuse } from "../src/errors/refusal.ts";
import { privateContext } from "../src/keyed.ts";
import type { Policy } from "../src/policies/policy.ts";
import { gatewayOf, never } from "./fake-routes.ts";

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
