import { timingSafeEqual } from "node:crypto";
import { BlockLists } from "../../src/blocking/block-lists.ts";
import { memoryResponseCache } from "../../src/cache/memory.ts";
import { Permits } from "../../src/concurrency/permits.ts";
import type { Deps } from "../../src/deps.ts";
import { type Asked, requestOf } from "../../src/explain/asked.ts";
import { replaceTexts } from "../../src/explain/redact.ts";
import { traceRequest } from "../../src/explain/trace-request.ts";
import type { Traced } from "../../src/explain/traced.ts";
import type { Caller } from "../../src/explain/tracer.ts";
import { ConsumerDirectory } from "../../src/identity/consumers/directory.ts";
import type { Blueprint } from "../../src/manifest/blueprint.ts";
import type { CompiledManifest } from "../../src/manifest/compiler/compile.ts";
import { createGateway } from "../../src/runtime.ts";
import { createMemoryBlocks } from "../../src/stores/blocks/memory.ts";
import type { ConsumerRegistry } from "../../src/stores/consumers/consumer-registry.ts";
import { createMemoryConsumers } from "../../src/stores/consumers/memory.ts";
import { createMemoryStore } from "../../src/stores/counters/memory.ts";
import { createMemoryMeters } from "../../src/stores/meters/memory.ts";
import { createMemoryNonces } from "../../src/stores/nonces/memory.ts";
import { createMemoryPermits } from "../../src/stores/permits/memory.ts";
import { createMemoryQuotas } from "../../src/stores/quotas/memory.ts";
import { createMemorySessions } from "../../src/stores/sessions/memory.ts";
import type { Pretended } from "./arguments.ts";
import type { ExplainedEnvironment } from "./environment.ts";
import { unfetchedKeySets } from "./offline-credential.ts";
import { offlineModules, UNRUN } from "./offline-modules.ts";
import { Placeholders } from "./placeholders.ts";

/** An address for documentation (RFC 5737): the client's, where it is given none. */
export const EXAMPLE_ADDRESS = "203.0.113.7";

/** What an explanation depends on beside the manifest and the request. */
export interface Circumstances {
  /** ms since the epoch */
  readonly now: number;
  readonly random: Deps["random"];
}

/** A request that cannot be sent at all. */
export class UnsendableError extends Error {}

/**
 * Runs a request through the gateway as the manifest makes it, in this process: its counters and its cache are
 * empty, every origin answers 200, and nothing is asked over the network.
 * @throws UnsendableError
 */
export async function traceOffline(
  compiled: CompiledManifest,
  asked: Asked,
  as: Pretended | undefined,
  { env, shown }: ExplainedEnvironment,
  { now, random }: Circumstances,
): Promise<Traced> {
  const request = requestOf(asked, EXAMPLE_ADDRESS);
  if (typeof request === "string") throw new UnsendableError(request);
  givePlatform();
  const placeholders = new Placeholders();
  const answers = new Map<string, ReturnType<Placeholders["answersOf"]>>();
  const modules = offlineModules({
    as,
    placeholders,
    expect: (route, ofSteps) => answers.set(route, ofSteps),
    isUnset: (value) => shown.some(([standIn]) => standIn === value),
  });
  const pending: Array<Promise<unknown>> = [];
  const traced = await traceRequest(
    request,
    { waitUntil: (work) => void pending.push(work) },
    {
      createGateway,
      blueprint: { ...blueprintOf(compiled), modules },
      surroundings: { deps: emptyDeps(() => now, random), env, app: NO_APP, identityKey: NO_APP.signingKey },
      answer: ({ route, step }: Partial<Caller> = {}) =>
        Response.json(answers.get(route ?? "")?.get(step ?? "") ?? {}),
    },
  );
  while (pending.length > 0) await pending.shift();
  return replaceTexts(traced, [...shown, ...placeholders.shown]);
}

function blueprintOf(compiled: CompiledManifest): Omit<Blueprint, "modules"> {
  const { hash, trie, when, routes, policies, unmatched, upstreams, credentials, values } = compiled;
  return {
    hash,
    version: "",
    development: false,
    stores: { counters: "memory", responses: "memory" },
    parts: {},
    trie,
    when: JSON.parse(when),
    routes,
    policies,
    unmatched,
    upstreams,
    credentials,
    values: values.map(() => UNRUN),
  };
}

function emptyDeps(now: () => number, random: Deps["random"]): Deps {
  return {
    now,
    random,
    fetch: () => Promise.reject(new Error("nothing is fetched here")),
    counters: createMemoryStore(now),
    blocks: new BlockLists({ store: createMemoryBlocks(), now, log: () => {} }),
    responses: memoryResponseCache(now),
    keySets: unfetchedKeySets,
    nonces: createMemoryNonces(now),
    permits: new Permits({ store: createMemoryPermits(now), holder: "explained", now, log: () => {} }),
    sessions: createMemorySessions(now),
    consumers: new ConsumerDirectory({ registry: unaskedRegistry, now, log: () => {} }),
    quotas: createMemoryQuotas(now),
    // What is only explained is not billed, and whoever is prepaid has credit.
    meters: {
      note: () => {},
      commit: () => Promise.resolve(),
      credit: async ({ meters }) => ({ balance: 0, reserved: 0, meters }),
      newId: () => "explained",
      store: {
        ...createMemoryMeters(now),
        reserve: async (_, __, units) => ({ granted: true, balance: units, reserved: units }),
      },
    },
    // No upstream is called.
    signals: { gauge: () => ({ ended: () => {}, abandoned: () => {}, refused: () => {} }) },
    refusals: { note: () => {} },
    log: () => {},
    development: false,
  };
}

/** Whether a key holds is known only where the gateway runs. */
const unaskedRegistry: ConsumerRegistry = {
  ...createMemoryConsumers(),
  find: () => Promise.reject(new Error("the registry is not asked here: --as pretends a caller")),
};

const unused = () => Promise.reject(new Error("no app runs here"));
const NO_APP = { development: false, signingKey: { jwks: unused, sign: unused } };

/** What Workers have and Node has not. */
function givePlatform(): void {
  const platform: Record<string, unknown> = globalThis;
  platform.IdentityTransformStream ??= TransformStream;
  platform.FixedLengthStream ??= class extends TransformStream {};
  const subtle = crypto.subtle as unknown as Record<string, unknown>;
  subtle.timingSafeEqual ??= (a: ArrayBuffer | Uint8Array, b: ArrayBuffer | Uint8Array) =>
    timingSafeEqual(new Uint8Array(a), new Uint8Array(b));
  if (!("webSocket" in Response.prototype)) {
    Object.defineProperty(Response.prototype, "webSocket", { value: null });
  }
}
