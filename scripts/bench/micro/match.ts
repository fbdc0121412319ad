import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bench, do_not_optimize, group } from "mitata";
import { findRoute, type RouteTable } from "../../../src/find-route.ts";
import { buildManifest } from "../../../src/manifest/compiler/index.ts";
import { createRouter } from "../../../src/match/router.ts";
import type { Predicates } from "../../../src/match/when.ts";
import type { Plan } from "../../../src/plan.ts";
import type { GatewayRequest } from "../../../src/request-context.ts";
import { writeManifest } from "../scale/generate.ts";

const SIZES = [10, 100, 1_000, 10_000];
/** Requests that take turns, all with paths of their own: more than a processor keeps at hand of the largest tree. */
const REQUESTS = 4_096;

/** The match step among 10 to 10,000 routes, each request for another route, and the router's part of it. */
export async function register(): Promise<void> {
  const tables: Awaited<ReturnType<typeof tableOf>>[] = [];
  for (const size of SIZES) tables.push(await tableOf(size));
  group("match", () => {
    for (const { size, table, requests } of tables) {
      let turn = 0;
      bench(`the step, among ${size} routes`, () =>
        do_not_optimize(findRoute(requests[turn++ % REQUESTS]!, table)),
      );
    }
    for (const { size, table, requests } of tables) {
      let turn = 0;
      bench(`its router, among ${size} routes`, () => {
        const { host, method, path } = requests[turn++ % REQUESTS]!;
        return do_not_optimize(table.router.match(host, method, path));
      });
    }
  });
}

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
    return { size, table, requests };
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
