// The match step among as many routes as the parent says, in a process of its own: an isolate has one router, and code
// that has run with several is compiled for all of them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { do_not_optimize, measure } from "mitata";
import { findRoute, type RouteTable } from "../../../src/find-route.ts";
import { buildManifest } from "../../../src/manifest/compiler/index.ts";
import { createRouter } from "../../../src/match/router.ts";
import type { Predicates } from "../../../src/match/when.ts";
import type { Plan } from "../../../src/plan.ts";
import type { GatewayRequest } from "../../../src/request-context.ts";
import { writeManifest } from "../scale/generate.ts";

/** Medians, in ns. */
export interface MatchTimes {
  /** URL taken apart, path normalised, route found, predicates asked. */
  readonly step: number;
  /** The router's part of it. */
  readonly router: number;
}

/** Requests that take turns, all with paths of their own: more than a processor keeps at hand of the largest tree. */
const REQUESTS = 4_096;

process.once("message", async (size: number) => {
  const { table, requests } = await tableOf(size);
  let turn = 0;
  const next = () => requests[turn++ % REQUESTS]!;
  const step = await measure(() => do_not_optimize(findRoute(next(), table)));
  const router = await measure(() => {
    const { host, method, path } = next();
    return do_not_optimize(table.router.match(host, method, path));
  });
  const times: MatchTimes = { step: step.p50, router: router.p50 };
  process.send!(times, () => process.exit(0));
});

/** The routes of a generated manifest, compiled, and requests that meet them. */
async function tableOf(size: number) {
  const folder = mkdtempSync(join(tmpdir(), "isogate-bench-"));
  try {
    const { checked, compiled } = await buildManifest(writeManifest(folder, size).file);
    const { routes } = checked;
    const requests = Array.from({ length: REQUESTS }, (_, index) => {
      const { pattern, path } = routes[(index * 7_919) % routes.length]!;
      return request(pattern.method, requestPath(path, index));
    });
    const table: RouteTable = {
      router: createRouter(compiled.trie),
      when: JSON.parse(compiled.when) as Record<number, Predicates>,
      plan: () => ({}) as Plan,
      deps: { now: () => 0 },
    };
    const lost = requests.find((request) => findRoute(request, table) !== undefined);
    if (lost !== undefined) throw new Error(`${lost.method} ${lost.path} meets no route`);
    return { table, requests };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the step looks at of a request; a whole one costs Node microseconds. */
function request(method: string, path: string): GatewayRequest {
  const headers = new Headers({ "content-type": "application/json" });
  const facts = { method, request: { url: `https://api.example${path}`, headers }, meet: () => {} };
  return facts as unknown as GatewayRequest;
}

function requestPath(declared: string, index: number): string {
  return declared
    .replace(/:\w+\{[^}]*\}/g, String(10_000 + index))
    .replace(/:\w+/g, `0af7651916cd${10_000 + index}`)
    .replace("*", `images/${10_000 + index}.png`);
}
