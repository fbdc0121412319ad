// npm run bench [-- SUITE …]: measures, and prints tables as Markdown. SUITE is a folder beside this file.
//
//   http     what a request costs, beside hand-written Workers (default)
//   micro    single operations of the road, in nanoseconds
//   scale    manifests of 10 to 10,000 routes: start, memory, check, types, edit to live
//   timing   what the time of an answer tells of a key, and what it costs to look one up in the registry
//   streams  a large answer, a large body, WebSockets, beside hand-written Workers
import { argv } from "node:process";

const SUITES = ["http", "micro", "scale", "timing", "streams"];

const [, script = "", first, ...rest] = argv;
const suite = first === undefined || first.startsWith("-") ? "http" : first;
if (!SUITES.includes(suite)) {
  console.error(`there is no suite ${suite}; there are ${SUITES.join(", ")}`);
  process.exit(2);
}
// A suite reads its own options.
if (suite === first) process.argv = [process.execPath, script, ...rest];
await import(`./${suite}/index.ts`);
