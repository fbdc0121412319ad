import { actions } from "../../src/actions/registry.ts";
import { BlockLists } from "../../src/blocking/block-lists.ts";
import { memoryResponseCache } from "../../src/cache/memory.ts";
import { Permits } from "../../src/concurrency/permits.ts";
import { upstreamConcurrencySchema } from "../../src/concurrency/schema.ts";
import * as concurrency from "../../src/concurrency/upstream-limit.ts";
import type { Deps } from "../../src/deps.ts";
import type { Gateway } from "../../src/gateway.ts";
import { ConsumerDirectory } from "../../src/identity/consumers/directory.ts";
import { declareCredential, isCredential } from "../../src/identity/declare.ts";
import type { Identity } from "../../src/identity/identity.ts";
import type { Blueprint, RouteBlueprint } from "../../src/manifest/blueprint.ts";
import { serialise } from "../../src/manifest/compiler/serialise.ts";
import type { Route } from "../../src/manifest/define.ts";
import { parseRouteKey } from "../../src/match/pattern.ts";
import { buildTrie } from "../../src/match/trie.ts";
import { Meters } from "../../src/metering/meters.ts";
import { policies } from "../../src/policies/registry.ts";
import { createGateway } from "../../src/runtime.ts";
import { parseDuration } from "../../src/schema/duration.ts";
import { shedSchema } from "../../src/shedding/schema.ts";
import * as shed from "../../src/shedding/shed.ts";
import { signalsSchema } from "../../src/signals/schema.ts";
import { createMemoryBlocks } from "../../src/stores/blocks/memory.ts";
import { createMemoryConsumers } from "../../src/stores/consumers/memory.ts";
import { createMemoryStore } from "../../src/stores/counters/memory.ts";
import { createMemoryMeters } from "../../src/stores/meters/memory.ts";
import { createMemoryNonces } from "../../src/stores/nonces/memory.ts";
import { createMemoryPermits } from "../../src/stores/permits/memory.ts";
import { createMemoryQuotas } from "../../src/stores/quotas/memory.ts";
import { createMemorySessions } from "../../src/stores/sessions/memory.ts";
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
  "middleware",
  "bodyLimit",
  "access",
  "authorize",
  "rateLimit",
  "quota",
  "cache",
  "concurrency",
  "priority",
  "headers",
  "hooks",
  "meter",
  "stream",
  "watchBody",
  "websocket",
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
  /** Follows upstreams with `signals`. */
  readonly signals?: Deps["signals"];
  /** Plays every origin that is reached over the network. Default: an empty 200. */
  readonly origin?: (sent: Sent) => Response | Promise<Response>;
  readonly now?: () => number;
  /** Policies of what no route answers. */
  readonly defaults?: Pick<Route, "cors" | "securityHeaders">;
  readonly env?: Readonly<Record<string, unknown>>;
  /** Whom the test's credential proves. Default {@link ADA}. */
  readonly identity?: Identity;
}

/** Makes a gateway of routes in the test's own isolate: compiled as by the build, but not judged. */
export function gatewayOf(routes: Readonly<Record<string, Route>>, given: Given = {}) {
  return runGateway(compile(routes, given.defaults ?? {}, given.identity ?? ADA), given);
}

/** Runs a blueprint in the test's own isolate. */
export function runGateway(blueprint: Blueprint, given: Omit<Given, "defaults"> = {}) {
  const { origin = () => new Response(), now = () => NOW, env = {} } = given;
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
    blocks: new BlockLists({ store: createMemoryBlocks(), now, log: (line) => void lines.push(line) }),
    responses: memoryResponseCache(now),
    keySets: { open: () => unused() },
    nonces: createMemoryNonces(now),
    permits: new Permits({
      store: createMemoryPermits(now),
      holder: "test",
      now,
      log: (line) => void lines.push(line),
    }),
    sessions: createMemorySessions(now),
    consumers: new ConsumerDirectory({
      registry: createMemoryConsumers(),
      now,
      log: (line) => void lines.push(line),
    }),
    quotas: createMemoryQuotas(now),
    meters: new Meters({
      store: createMemoryMeters(now),
      now,
      log: (line) => void lines.push(line),
      wait: () => Promise.resolve(),
      every: 5_000,
      id: () => crypto.randomUUID(),
    }),
    signals: given.signals ?? { gauge: unused },
    refusals: { note: () => {} },
    log: (line) => void lines.push(line),
    development: true,
  };
  const app = { development: true, signingKey: { jwks: unused, sign: unused } };
  const gateway: Gateway = createGateway(blueprint, { deps, env, app, identityKey: app.signingKey });
  const execution = { waitUntil: (work: Promise<unknown>) => void pending.push(work) };
  const settled = async () => {
    while (pending.length > 0) await pending.shift();
  };
  const answer = async (request: Request): Promise<Response> => {
    const response = await gateway.fetch(request, execution);
    await settled();
    return response;
  };
  const requestOf = (target: string, init?: RequestInit) =>
    new Request(target.startsWith("/") ? `https://api.example${target}` : target, init);
  return {
    deps,
    sent,
    lines,
    /** Answers a request, and does what comes after; a path is one to `https://api.example`. */
    ask: (target: string, init?: RequestInit) => answer(requestOf(target, init)),
    /** Answers a request; what comes after the answer is for {@link settled}. */
    begin: (target: string, init?: RequestInit) => gateway.fetch(requestOf(target, init), execution),
    /** Waits for what comes after the answers so far. */
    settled,
    answer,
  };
}

function compile(routes: Readonly<Record<string, Route>>, defaults: object, identity: Identity): Blueprint {
  const values: unknown[] = [];
  const configured: string[] = [];
  const upstreams: Record<string, string> = {};
  const registrar = {
    upstream({ name, options }: UpstreamDeclaration) {
      const timeout = options.timeout === undefined ? undefined : parseDuration(options.timeout);
      const { origin, certificate } = options;
      const shed = options.shed && shedSchema().parse(options.shed);
      const atOnce = options.concurrency && upstreamConcurrencySchema().parse(options.concurrency);
      const told = options.signals && signalsSchema().parse(options.signals);
      const signals = told && { ...told, to: { ...told.to, upstream: told.to.upstream.name } };
      upstreams[name] = serialise(
        { name, origin, timeout, certificate, concurrency: atOnce, shed, signals },
        registrar,
      );
      return name;
    },
    credential: () => 0,
    value: (value: unknown) => values.push(value) - 1,
    variable: () => {},
    file: unused,
  };
  const number = (policy: unknown) => configured.push(serialise(policy, registrar)) - 1;
  const entries = Object.entries(routes).map(([id, route], index) => {
    const pattern = parseRouteKey(id);
    if ("error" in pattern) throw new Error(pattern.error);
    return { pattern, index, json: serialise(compileRoute(id, route, number), registrar) };
  });
  const unmatched = compileRoute("", { ...defaults, access: "public", respond: { status: 404 } }, number);
  return {
    hash: "hash",
    version: "version",
    development: true,
    stores: { counters: "memory", responses: "memory" },
    parts: {},
    modules: {
      policies,
      actions,
      concurrency,
      shed,
      credentials: {
        test: { create: () => ({ challenge: "Test", withheld: ["authorization"], verify: () => identity }) },
      },
    } as unknown as Blueprint["modules"],
    trie: buildTrie(entries),
    when: {},
    routes: entries.map(({ json }) => json),
    policies: configured,
    unmatched: serialise(unmatched, registrar),
    upstreams,
    credentials: [JSON.stringify({ type: "test", options: {} })],
    values,
  };
}

function compileRoute(
  id: string,
  route: Route,
  number: (policy: readonly [name: string, options: unknown]) => number,
): RouteBlueprint {
  const written: Readonly<Record<string, unknown>> = { ...route };
  const [action] = Object.keys(actions).filter((name) => name in written) as Array<keyof typeof actions>;
  return {
    id,
    ...(isCredential(route.access) && { authenticates: true }),
    deadline: 10_000,
    policies: ORDER.filter((name) => name in written).map((name) => {
      const parse = (value: unknown) => policies[name].options().parse(value);
      const value = written[name];
      return number([name, "repeatable" in policies[name] ? [value].flat().map(parse) : parse(value)]);
    }),
    action: [action!, actions[action!].options().parse(written[action!])],
  };
}

function unused(): never {
  throw new Error("not for this test");
}
