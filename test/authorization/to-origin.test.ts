import { describe, expect, it } from "vitest";
import { keyedContext, privateContext, systemContext } from "../../src/keyed.ts";
import type { Plan } from "../../src/plan.ts";
import { GatewayRequest } from "../../src/request-context.ts";
import { NOW } from "../support/in-process.ts";

const plan = { deadline: 5_000, road: { upstream: [] } } as unknown as Plan;

describe("what a service has for the origin", () => {
  const deps = { now: () => NOW, random: (bytes: Uint8Array) => bytes };
  const ctx = new GatewayRequest(new Request("https://api.example/x"), { waitUntil() {} }, deps, plan);
  ctx.toOrigin = [["x-tenant", "tea"]];

  it("crosses the cut where the answer is for this caller alone", () => {
    expect(privateContext(ctx).toOrigin).toEqual([["x-tenant", "tea"]]);
  });

  it("does not where others may be given it, nor in what the gateway asks for itself", () => {
    const cut = { headers: [], identity: true, search: "" };
    for (const background of [true, false])
      expect(keyedContext(ctx, cut, background, NOW).toOrigin).toBeUndefined();
    expect(systemContext(ctx).toOrigin).toBeUndefined();
  });
});
