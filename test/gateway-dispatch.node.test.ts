import { describe, expect, it } from "vitest";
import type { KeyedContext, RequestContext } from "../src/context.ts";
import { refuse } from "../src/errors/refusal.ts";
import { gatewayOf, NOW } from "./fake-routes.ts";

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
