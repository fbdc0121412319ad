import { Budget } from "../../src/budget.ts";
import type { FreshnessRules } from "../../src/cache/freshness.ts";
import { primaryKey } from "../../src/cache/key.ts";
import { memoryResponseCache } from "../../src/cache/memory.ts";
import type { ResponseCache } from "../../src/cache/response-cache.ts";
import { CacheServer, type Condition } from "../../src/cache/serve.ts";
import type { ErrorCode } from "../../src/errors/catalog.ts";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import type { AccessRecord } from "../../src/observe/record.ts";

export type Fields = Record<string, string>;
export type Origin = (condition: Condition | undefined, background: boolean) => Response | Promise<Response>;

export const START = Date.parse("Fri, 20 Nov 2026 12:00:00 GMT");
/** What a test sees of the cache's surroundings; made anew for each. */
export const world = {
  now: START,
  asked: [] as Array<{ condition: Condition | undefined; background: boolean }>,
  logged: [] as Array<Readonly<Record<string, unknown>>>,
  pending: [] as Promise<unknown>[],
  responses: memoryResponseCache(() => START) as ResponseCache,
};

/** Makes the surroundings anew. Each test file calls it before each test: a hook here would only be the first file's. */
export function renewWorld(): void {
  Object.assign(world, { now: START, asked: [], logged: [], pending: [] });
  world.responses = memoryResponseCache(() => world.now);
}

/** A cached route, world.asked by {@link Fields} and answered by an origin. */
export function route(rules: Partial<FreshnessRules> = {}) {
  const deps = {
    now: () => world.now,
    responses: world.responses,
    log: (line: Readonly<Record<string, unknown>>) => world.logged.push(line),
  };
  const server = new CacheServer("GET /a", deps, { ttl: "origin", perIdentity: false, ...rules });
  return async (origin: Origin, fields: Fields = {}, method = "GET") => {
    const record: AccessRecord = {};
    const response = await server.serve({
      asker: { method, headers: new Headers(fields) },
      key: await primaryKey({
        scheme: "https",
        host: "a",
        route: "GET /a",
        path: "/a",
        search: "",
        headers: [],
        identity: null,
      }),
      record,
      budget: new Budget(world.now + 10_000),
      execution: { waitUntil: (work) => void world.pending.push(work) },
      origin: async (condition, background) => {
        world.asked.push({ condition, background });
        return origin(condition, background);
      },
      tags: () => ["a"],
    });
    const { status, headers } = response;
    const body = await response.text();
    return { status, headers, body, cache: record.cache, record, cacheStatus: headers.get("cache-status") };
  };
}

/** Waits for what the answers left to be done. */
export async function settled() {
  while (world.pending.length > 0) await world.pending.shift();
}

export const says =
  (body: string | null, fields: Fields = {}, status = 200): Origin =>
  () =>
    new Response(body, { status, headers: fields });
export const never: Origin = () => {
  throw new Error("the origin must not be asked");
};
export const fails =
  (code: ErrorCode): Origin =>
  () => {
    throw new RefusalError(refuse(code));
  };
