import { beforeEach } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { memoryResponseCache } from "../../../src/cache/memory.ts";
import type { ResponseCache } from "../../../src/cache/response-cache.ts";
import type { KeyedContext, RequestContext } from "../../../src/context.ts";
import type { Identity } from "../../../src/identity/identity.ts";
import type { Plan } from "../../../src/plan.ts";
import type { RouteFacts, Tools } from "../../../src/policies/policy.ts";
import { type CacheOptions, create, options } from "../../../src/policies/replay/cache.ts";

const START = Date.parse("Fri, 20 Nov 2026 12:00:00 GMT");
/** ms that every route has. */
export const DEADLINE = 5_000;

export const publicRoute: RouteFacts = {
  id: "GET /v1/products/:id",
  method: "GET",
  pattern: "/v1/products/:id",
  authenticates: false,
};
export const memberRoute: RouteFacts = { ...publicRoute, authenticates: true };

/** The options of most. */
export const minute = { ttl: "1m" } as const;

/** Somebody who has proved who they are. */
export function identity(subject: string, more: Partial<Identity> = {}): Identity {
  return {
    id: `issuer|${subject}`,
    subject,
    issuer: "issuer",
    claims: { sub: subject },
    scopes: [],
    credential: "jwt",
    ...more,
  };
}

/** A client's request. */
export interface Ask {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly identity?: Identity;
}

/** What the routes of a test have in common. */
interface Common {
  now: number;
  responses: ResponseCache;
  pending: Promise<unknown>[];
  /** What the shared half was given, request by request. */
  seen: KeyedContext[];
  /** Log lines, and what was counted as refused. */
  told: unknown[];
}

/** Cached routes, with a clock and a store that each test of a file finds as new. */
export function cachedRoutes() {
  const at = {} as Common;
  beforeEach(() => {
    const responses = memoryResponseCache(() => at.now);
    Object.assign(at, { now: START, responses, pending: [], seen: [], told: [] } satisfies Common);
  });

  /** A route with the cache policy: asked by a client, answered by what its shared half says. */
  const cached = (written: CacheOptions, route = publicRoute) => {
    const unused = () => {
      throw new Error("not for a cache");
    };
    const log = (line: unknown) => void at.told.push(line);
    const refusals = { note: (route: string, record: unknown) => void at.told.push([route, record]) };
    const deps = { now: () => at.now, responses: at.responses, log, refusals } as unknown as Tools["deps"];
    const policy = create(options().parse(written), { deps, route, dispatch: unused, upstream: unused });
    return async (answer: string | ((keyed: KeyedContext) => Response), ask: Ask = {}) => {
      const url = new URL(ask.url ?? "https://api.example/v1/products/1");
      const request = new Request(url, { method: ask.method ?? "GET", headers: ask.headers ?? {} });
      const ctx: RequestContext = {
        request,
        id: crypto.randomUUID(),
        trace: { traceId: "1".repeat(32), parentId: "2".repeat(16), flags: "01", state: undefined },
        address: "192.0.2.1",
        start: at.now,
        record: {},
        execution: { waitUntil: (work) => void at.pending.push(work) },
        budget: new Budget(at.now + DEADLINE),
        depth: 0,
        method: request.method,
        scheme: url.protocol.slice(0, -1),
        host: url.host,
        path: url.pathname,
        search: url.search,
        plan: { deadline: DEADLINE } as Plan,
        params: { id: url.pathname.split("/").at(-1) ?? "" },
        query: url.searchParams,
        identity: ask.identity,
        toOrigin: undefined,
        limits: undefined,
        ended: undefined,
        lookOut: undefined,
        scope: unused,
        keepBody: unused,
        withhold: unused,
        systemContext: unused,
      };
      const response = await policy.replay?.(ctx, async (keyed) => {
        at.seen.push(keyed);
        return typeof answer === "string" ? new Response(answer) : answer(keyed);
      });
      if (response === undefined) throw new Error("the policy does not replay");
      const body = await response.text();
      while (at.pending.length > 0) await at.pending.shift();
      const { record } = ctx;
      return { body, status: response.status, headers: response.headers, cache: record.cache, record };
    };
  };

  return Object.assign(at, { cached });
}
