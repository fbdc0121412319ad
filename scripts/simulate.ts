// npm run -s simulate [-- --scenario NAME] [--seed N] [--svg FOLDER]: plays leases of limits in virtual time, and prints
// what they cost as tables in Markdown. Without a name, every scenario; the names and tables: docs/limits.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bars } from "./simulate/bars.ts";
import { plot } from "./simulate/plot.ts";
import { comparison, scenarios } from "./simulate/scenarios.ts";

const { values } = parseArgs({
  options: {
    scenario: { type: "string" },
    seed: { type: "string", default: "1" },
    svg: { type: "string" },
  },
});
const seed = Number(values.seed);
const names = values.scenario === undefined ? Object.keys(scenarios) : [values.scenario];
const unknown = names.find((name) => !Object.hasOwn(scenarios, name));
if (unknown !== undefined) {
  console.error(`there is no scenario ${unknown}; there are ${Object.keys(scenarios).join(", ")}`);
  process.exit(2);
}
if (!Number.isSafeInteger(seed) || seed < 0) {
  console.error("--seed is a whole number from 0");
  process.exit(2);
}
for (const name of names) {
  const { about, play } = scenarios[name]!;
  console.log(`### ${name}\n\n${about}\n\n${play(seed).join("\n")}\n`);
}
if (values.svg !== undefined) {
  mkdirSync(values.svg, { recursive: true });
  writeFileSync(join(values.svg, "limits.svg"), plot(seed));
  writeFileSync(join(values.svg, "limits-compared.svg"), bars(comparison(seed)));
}
