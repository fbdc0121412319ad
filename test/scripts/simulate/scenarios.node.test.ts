import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { playPopulation } from "../../../scripts/simulate/population.ts";
import { scenarios } from "../../../scripts/simulate/scenarios.ts";

const ROOT = join(import.meta.dirname, "../../..");
const page = readFileSync(join(ROOT, "docs/limits.md"), "utf8");
const fast = Object.entries(scenarios).filter(([, { fast }]) => fast);

describe("npm run simulate", () => {
  it.each(fast)("plays the table of %s that docs/limits.md shows", (name, { about, play }) => {
    expect(page).toContain(`### ${name}\n\n${about}\n\n${play(1).join("\n")}\n`);
  });

  it("has every scenario on the page, and no other", () => {
    const shown = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(shown).toEqual(Object.keys(scenarios));
  });

  it("names the scenarios where it is asked for one that there is not", () => {
    const script = join(ROOT, "scripts/simulate.ts");
    const run = () => execFileSync(process.execPath, [script, "--scenario", "none"], { stdio: "pipe" });
    expect(run).toThrow("there is no scenario none; there are cold,");
  });
});

describe("the simulator's oracle", () => {
  const faults = { lost: 0.05, twice: 0.1, late: 0.1, crashes: 5, cutMs: 2_000 };
  const population = { keys: 20, skew: 1, locations: 20, isolates: 40, perSecond: 200, seconds: 40 };
  const algorithms = ["fixedWindow", "slidingWindow", "tokenBucket"] as const;

  it.each(algorithms)("finds no overshoot of leases by %s, and finds that of naive limiters", (algorithm) => {
    const allowed = { algorithm, limit: 100, windowMs: 10_000, burst: 60 };
    for (const seed of [1, 2, 3]) {
      const played = { ...population, allowed, faults, seed };
      const leased = playPopulation({ ...played, mode: "leased" });
      expect(leased.overshoot).toBe(0);
      expect(leased.admitted).toBeGreaterThan(1_000);
      expect(playPopulation({ ...played, mode: "naive" }).overshoot).toBeGreaterThan(0);
    }
  });
});
