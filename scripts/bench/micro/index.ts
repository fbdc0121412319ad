// npm run bench -- micro [--only match,headers,token,api-key,references,counts,leased]
//
// Single operations of the road, in Node, by mitata. Node's `Headers` are not workerd's, so figures with headers in them
// are for comparing before and after; what they cost in the runtime itself is in docs/benchmarks.md.
import { parseArgs } from "node:util";
import { run } from "mitata";
import { keyTable } from "./api-key.ts";
import { matchTable } from "./match.ts";

const FILES = ["match", "headers", "token", "api-key", "references", "counts", "leased"];

const { values } = parseArgs({
  options: { only: { type: "string" } },
});
const chosen = values.only?.split(",") ?? FILES;
const unknown = chosen.filter((name) => !FILES.includes(name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(", ")}; there are ${FILES.join(", ")}`);
  process.exit(2);
}

/** Measured in processes of their own. */
const tables: Readonly<Record<string, () => Promise<string>>> = { match: matchTable, "api-key": keyTable };
for (const name of chosen) {
  const make = tables[name];
  if (make !== undefined) console.log(`${await make()}\n`);
}
const timed = chosen.filter((name) => tables[name] === undefined);
for (const name of timed) {
  const { register } = (await import(`./${name}.ts`)) as { register(): void | Promise<void> };
  await register();
}
if (timed.length > 0) await run({ format: "markdown", colors: false });
