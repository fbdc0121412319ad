import { actions } from "../../src/actions/registry.ts";
import { memoryResponseCache } from "../../src/cache/memory.ts";
import type { Deps } from "../../src/deps.ts";
import type { Gateway } from "../../src/gateway.ts";
import { declareCredential, isCredential } from "../../src/identity/declare.ts";
import type { Identity } from "../../src/identity/identity.ts";
import type { Blueprint, RouteBlueprint } from "../../src/manifest/blueprint.ts";
import { serialise } from "../../src/manifest/compiler/serialise.ts";
import type { Route } from "../../src/manifest/define.ts";
import { parseRouteKey } from "../../src/match/pattern.ts";
import { buildTrie } from "../../src/match/trie.ts";
import { policies } from "../../src/policies/registry.ts";
import { createGateway } from "../../src/runtime.ts";
import { parseDuration } from "../../src/schema/duration.ts";
import { createMemoryStore } from "../../src/stores/counters/memory.ts";
import type { UpstreamDeclaration } from "../../src/upstream/declare.ts";

/** The clock of every test that is given none: 2026-11-20. */
export const NOW = 1_795_132_800_000;

/** Somebody who has proved who they are. */
export const ADA: Identity = {
  id: "https://login.example|ada",
  subject: "ada",
  issuer: "https://login.example",
  claims: { org: "tea" },
  scopes: ["read"],
  credential: "test",
};

/** A credential that lets everybody in as {@link ADA}; it comes in `Authorization`. */
export const asAda = declareCredential("test", {});

/** Policies in the order in which the build puts them: that of their phases. */
const ORDER = [
  "bodyLimit",
  "access",
  "rateLimit",
  "cache",
  "headers",
  "hooks",
  "cors",
  "securityHeaders",
] as const;

/** A request as an origin saw it. */
export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: BodyInit | null | undefined;
  readonly signal: AbortSignal | null | undefined;
}

/** What surrounds a gateway under test. */
export interface Given {
  /** Plays every origin that is reached over the network. Default: an empty 200. */
  readonly origin?: (sent: Sent) => Response | Promise<Response>;
  readonly now?: () => number;
  /** Policies of what no route answers. */
  readonly defaults?: Pick<Route, "cors" | "securityHeaders">;
  readonly env?: Readonly<Record<string, unknown>>;
}

/** Makes a gateway of routes in the test's own isolate: compiled as by the build, but not judged. */
export function gatewayOf(routes: Readonly<Record<string, Route>>, given: Given = {}) {
  const { origin = () => new Response(), now = () => NOW, defaults = {}, env = {} } = given;
  const sent: Sent[] = [];
  const lines: Array<Readonly<Record<string, unknown>>> = [];
  const pending: Array<Promise<unknown>> = [];
  const deps: Deps = {
    now,
    random: (bytes) => crypto.getRandomValues(bytes),
    async fetch(url, init) {
      const { method = "GET", headers, body, signal } = init ?? {};
      const call: Sent = { url: String(url), method, headers: new Headers(headers), body, signal };
      sent.push(call);
      return origin(call);
    },
    counters: createMemoryStore(now),
    responses: memoryResponseCache(now),
    keySets: { open: () => unused() },
    refusals: { note: () => {} },
    log: (line) => void lines.push(line),
    development: true,
  };
  const app = { development: true, signingKey: { jwks: unused, sign: unused } };
  const gateway: Gateway = createGateway(compile(routes, defaults), { deps, env, app });
  const execution = { waitUntil: (work: Promise<unknown>) => void pending.push(work) };
  return {
    sent,
    lines,
    /** Answers a request; a path is one to `https://api.example`. */
    async ask(target: string, init?: RequestInit): Promise<Response> {
      const url = target.startsWith("/") ? `https://api.example${target}` : target;
      const response = await gateway.fetch(new Request(url, init), execution);
      while (pending.length > 0) await pending.shift();
      return response;
    },
  };
}

function compile(routes: Readonly<Record<string, Route>>, defaults: object): Blueprint {
  const values: unknown[] = [];
  const upstreams: Record<string, string> = {};
  const registrar = {
    upstream({ name, options }: UpstreamDeclaration) {
      const timeout = options.timeout === undefined ? undefined : parseDuration(options.timeout);
      upstreams[name] = serialise({ name, origin: options.origin, timeout }, registrar);
      return name;
    },
    credential: () => 0,
    value: (value: unknown) => values.push(value) - 1,
    variable: () => {},
  };
  const entries = Object.entries(routes).map(([id, route], index) => {
    const pattern = parseRouteKey(id);
    if ("error" in pattern) throw new Error(pattern.error);
    const path = id.slice(id.indexOf(" ") + 1);
    return { pattern, index, json: serialise(compileRoute(id, pattern.method, path, route), registrar) };
  });
  const unmatched = compileRoute("", "ANY", "", { ...defaults, access: "public", respond: { status: 404 } });
  return {
    hash: "hash",
    version: "version",
    development: true,
    stores: { counters: "memory", responses: "memory" },
    modules: {
      policies,
      actions,
      credentials: {
        test: { create: () => ({ challenge: "Test", withheld: ["authorization"], verify: () => ADA }) },
      },
    } as unknown as Blueprint["modules"],
    trie: JSON.stringify(buildTrie(entries)),
    when: {},
    routes: entries.map(({ json }) => json),
    unmatched: serialise(unmatched, registrar),
    upstreams,
    credentials: [JSON.stringify({ type: "test", options: {} })],
    values,
  };
}

function compileRoute(id: string, method: string, pattern: string, route: Route): RouteBlueprint {
  const written: Readonly<Record<string, unknown>> = { ...route };
  const [action] = Object.keys(actions).filter((name) => name in written) as Array<keyof typeof actions>;
  return {
    id,
    method,
    pattern,
    authenticates: isCredential(route.access),
    deadline: 10_000,
    websocket: route.websocket ?? false,
    policies: ORDER.filter((name) => name in written).map((name) => [
      name,
      policies[name].options().parse(written[name]),
    ]),
    action: [action!, actions[action!].options().parse(written[action!])],
  };
}

function unused(): never {
  throw new Error("not for this test");
}
