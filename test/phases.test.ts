import { describe, expect, it } from "vitest";
import type { KeyedContext, RequestContext } from "../src/context.ts";
import { layRoad } from "../src/phases.ts";
import type { Policy } from "../src/policies/policy.ts";

const request = {} as RequestContext;
const keyed = {} as KeyedContext;

/** A policy that notes each of its phases when it runs. */
function noting(
  name: string,
  trail: string[],
  ...phases: ReadonlyArray<"guard" | "authenticate" | "authorize" | "limit" | "validate">
): Policy {
  return Object.fromEntries(phases.map((phase) => [phase, () => void trail.push(`${name}.${phase}`)]));
}

describe("the road", () => {
  it("runs the caller's phases one after the other, and within a phase the policies in their order", async () => {
    const trail: string[] = [];
    const policies = [
      noting("a", trail, "validate", "guard", "limit"),
      noting("b", trail, "authorize", "authenticate", "guard"),
      noting("c", trail, "limit", "authenticate"),
    ];
    for (const step of layRoad(policies).caller) await step(request);
    expect(trail).toEqual([
      "a.guard",
      "b.guard",
      "b.authenticate",
      "c.authenticate",
      "b.authorize",
      "a.limit",
      "c.limit",
      "a.validate",
    ]);
  });

  it("has of each phase only the policies that work in it", () => {
    expect(layRoad([{}, {}]).around).toBeUndefined();
    const { caller, replay, admit, upstream, transform, personalise, finalise, error } = layRoad([{}, {}]);
    for (const steps of [caller, replay, admit, upstream, transform, personalise, finalise, error]) {
      expect(steps).toEqual([]);
    }
  });

  it("keeps all phases apart, each bound to its policy", async () => {
    class Counting implements Policy {
      runs = 0;
      admit() {
        this.runs++;
        return undefined;
      }
      finalise() {
        this.runs++;
      }
      error() {
        this.runs++;
        return undefined;
      }
    }
    const policy = new Counting();
    const { admit, finalise, error } = layRoad([policy]);
    await admit[0]?.(keyed);
    finalise[0]?.(request, new Headers(), new Response());
    await error[0]?.(request, {} as never);
    expect(policy.runs).toBe(3);
  });

  it("keeps back what any policy keeps back, and the one limit of the body", () => {
    const { withheld, bodyLimit } = layRoad([
      { withheld: ["authorization"] },
      { bodyLimit: 10 },
      { withheld: ["authorization", "x-api-key"] },
    ]);
    expect([...withheld]).toEqual(["authorization", "x-api-key"]);
    expect(bodyLimit).toBe(10);
    expect(layRoad([]).bodyLimit).toBeUndefined();
  });
});
