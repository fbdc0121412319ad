// npm run bench -- micro [--only match,headers,token,references] [--json]
//
// Single operations of the road, in Node, by mitata. Node's `Headers` are not workerd's, so figures with headers in them
// are for comparing before and after; what they cost in the runtime itself is in docs/benchmarks.md.
import { parseArgs } from "node:util";
import { run } from "mitata";

const FILES = ["match", "headers", "token", "references"];

const { values } = parseArgs({
  options: { only: { type: "string" }, json: { type: "boolean", default: false } },
});
const chosen = values.only?.split(",") ?? FILES;
const unknown = chosen.filter((name) => !FILES.includes(name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(", ")}; there are ${FILES.join(", ")}`);
  process.exit(2);
}

for (const name of chosen) {
  const { register } = (await import(`./${name}.ts`)) as { register(): void | Promise<void> };
  await register();
}
await run({ format: values.json ? "json" : "markdown", colors: false });
