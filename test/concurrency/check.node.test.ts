import { describe, expect, it } from "vitest";
import { mistakesIn } from "../manifest/compiler/judge.ts";

const route = (concurrency: unknown, more: object = {}) => ({
  access: "public",
  respond: { text: "x" },
  concurrency,
  ...more,
});
const found = (concurrency: unknown, more?: object) =>
  mistakesIn({ "GET /x": route(concurrency, more) }).join("\n");

describe("a concurrency limit is refused by the check", () => {
  it.each([
    [{}, /limit/],
    [{ limit: 0 }, /limit/],
    [{ limit: -1 }, /limit/],
    [{ limit: 1.5 }, /limit/],
    [{ limit: 10_000_000 }, /limit/],
    [{ limit: 1, by: [] }, /by/],
    [{ limit: 1, by: ["cookies.x"] }, /must be "address", "route"/],
    [{ limit: 1, by: ["params.id"] }, /params\.id/],
    [{ limit: 1, scope: "planet" }, /scope/],
    [{ limit: 1, queue: { size: 0, wait: "1s" } }, /queue\.size/],
    [{ limit: 1, queue: { size: 1 } }, /queue\.wait/],
    [{ limit: 1, queue: { size: 1, wait: "2m" } }, /at most 1m/],
    [{ limit: 1, onStoreFailure: "allow" }, /an isolate asks nobody/],
    [{ limit: 1, plans: { gold: 2 } }, /nobody has a plan/],
    [{ limit: 1, name: "a b" }, /letters, digits/],
    [[{ limit: 1 }, { limit: 1, by: ["address"] }], /two limits are called "1-at-once"/],
  ])("%j", (options, reason) => {
    expect(found(options)).toMatch(reason);
  });

  it("where a WebSocket has no body that ends", () => {
    expect(found({ limit: 1 }, { websocket: {} })).toContain(
      "a WebSocket has no body whose end could be seen",
    );
    expect(found({ limit: 1, until: "headers" }, { websocket: {} })).not.toContain("whose end could be seen");
  });

  it("where variants of a route count together by different terms", () => {
    const variants = (limit: number, name: string) =>
      mistakesIn({
        "GET /x": [
          route({ limit: 1, name: "own" }, { when: { headers: { "x-a": "1" } } }),
          route({ limit, name }),
        ],
      }).join("\n");
    expect(variants(2, "own")).toContain('it counts together with "own" on another variant of GET /x');
    expect(variants(2, "other")).not.toContain("counts together");
    expect(variants(1, "own")).not.toContain("counts together");
  });

  it("and otherwise is let be", () => {
    expect(found({ limit: 1, by: ["route", "address"], scope: "global", onStoreFailure: "allow" })).toBe("");
  });
});
