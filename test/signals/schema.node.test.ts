import { expect, it } from "vitest";
import { signalsSchema } from "../../src/signals/schema.ts";
import { upstream } from "../../src/upstream/declare.ts";

const operations = upstream("operations", { origin: "https://operations.example" });
const least = { to: { upstream: operations, path: "/hooks/scale" }, above: { latency: "800ms" } };
const of = (options: object) => signalsSchema().safeParse({ ...least, ...options });

it("needs no more than whom to tell of what", () => {
  expect(of({}).data).toEqual({
    ...least,
    above: { latency: 800 },
    for: 30_000,
    recoverBelow: 0.8,
    every: 300_000,
  });
});

it("refuses what makes no sense", () => {
  const wrong: object[] = [
    { to: { upstream: "operations", path: "/" } },
    { to: { upstream: operations, path: "hooks" } },
    { above: {} },
    { above: { inFlight: 0 } },
    { above: { inFlight: 1.5 } },
    { above: { latency: "0ms" } },
    { above: { latency: 800 } },
    { above: { shedRate: 0 } },
    { above: { shedRate: 1 } },
    { above: { load: 5 } },
    { for: "4s" },
    { for: "2h" },
    { every: "9s" },
    { every: "2d" },
    { recoverBelow: 1 },
    { recoverBelow: 0 },
    { below: {} },
  ];
  for (const options of wrong) expect([options, of(options).success]).toEqual([options, false]);
});
