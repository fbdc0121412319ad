import { createAdmin } from "./admin/admin.ts";
import { ADMIN_PREFIX } from "./admin/prefix.ts";
import { BlockLists } from "./blocking/block-lists.ts";
import { cacheApiResponseCache } from "./cache/cache-api.ts";
import { memoryResponseCache } from "./cache/memory.ts";
import type { Deps } from "./deps.ts";
import { ConsumerDirectory } from "./identity/consumers/directory.ts";
import { createKeySets } from "./identity/key-sets.ts";
import { keySetFetcher } from "./identity/keys/fetch-key-set.ts";
import { cacheApiKeySets } from "./identity/keys/shared-key-sets.ts";
import { systemContext } from "./keyed.ts";
import type { Blueprint } from "./manifest/blueprint.ts";
import { RefusalTally } from "./observe/refusal-tally.ts";
import { createGateway } from "./runtime.ts";
import { type BlocksNamespace, createDurableObjectBlocks } from "./stores/blocks/durable-object.ts";
import { createMemoryBlocks } from "./stores/blocks/memory.ts";
import { type ConsumersNamespace, createDurableObjectConsumers } from "./stores/consumers/durable-object.ts";
import type { CounterStore } from "./stores/counters/counter-store.ts";
import { STORE_TIMEOUT_MS, selectCounterStore } from "./stores/counters/select.ts";
import { createDurableObjectNonces, type NoncesNamespace } from "./stores/nonces/durable-object.ts";
import { createMemoryNonces } from "./stores/nonces/memory.ts";
import { createDurableObjectRefusals, type RefusalsNamespace } from "./stores/refusals/durable-object.ts";
import { createMemoryRefusals } from "./stores/refusals/memory.ts";
import { createDurableObjectSessions, type SessionsNamespace } from "./stores/sessions/durable-object.ts";
import { createMemorySessions } from "./stores/sessions/memory.ts";
import { createSigningKey } from "./stores/signing-key/signing-key.ts";

export { BlocksObject } from "./stores/blocks/blocks-object.ts";
export { ConsumersObject } from "./stores/consumers/consumers-object.ts";
export { LimiterObject } from "./stores/counters/limiter-object.ts";
export { NoncesObject } from "./stores/nonces/nonces-object.ts";
export { RefusalsObject } from "./stores/refusals/refusals-object.ts";
export { SessionsObject } from "./stores/sessions/sessions-object.ts";
export { SigningKeyObject } from "./stores/signing-key/signing-key-object.ts";

type Env = Readonly<Record<string, unknown>>;

/** Above what the first use of an object's name takes; a request's own deadline is mostly longer. */
const NONCE_TIMEOUT_MS = 5_000;

/** Makes the Worker of a blueprint. Nothing runs before the first request: the environment comes with it. */
export function createWorker(blueprint: Blueprint): ExportedHandler<Env> {
  let running: ReturnType<typeof start> | undefined;
  return {
    fetch(request, env, execution) {
      running ??= start(blueprint, env, execution.exports as Exports);
      return isAdminPath(request.url)
        ? running.admin().fetch(request, env, execution)
        : running.gateway.fetch(request, execution);
    },
  };
}

/** `/_gateway` and what is below it: `/_gatewayfoo` may be a route. */
function isAdminPath(url: string): boolean {
  const path = url.indexOf("/", url.indexOf("://") + 3);
  if (!url.startsWith(ADMIN_PREFIX, path)) return false;
  const next = url.charAt(path + ADMIN_PREFIX.length);
  return next === "" || next === "/" || next === "?";
}

/** The Worker's own Durable Objects, as the platform hands them over. */
interface Exports {
  readonly ConsumersObject: ConsumersNamespace;
  readonly LimiterObject: Parameters<typeof selectCounterStore>[1];
  readonly BlocksObject: BlocksNamespace;
  readonly NoncesObject: NoncesNamespace;
  readonly RefusalsObject: RefusalsNamespace;
  readonly SessionsObject: SessionsNamespace;
  readonly SigningKeyObject: Parameters<typeof createSigningKey>[0];
}

function start(blueprint: Blueprint, env: Env, exports: Exports) {
  const now = () => Date.now();
  const { development, stores, upstash } = blueprint;
  const fetcher: Deps["fetch"] = (request, init) => fetch(request, init);
  const log: Deps["log"] = (line) => console.log(JSON.stringify(line));
  const refusals =
    stores.counters === "memory"
      ? createMemoryRefusals()
      : createDurableObjectRefusals(exports.RefusalsObject);
  const blockStore =
    stores.counters === "memory"
      ? createMemoryBlocks()
      : createDurableObjectBlocks(exports.BlocksObject, { timeoutMs: STORE_TIMEOUT_MS });
  const deps: Deps = {
    now,
    random: (bytes) => crypto.getRandomValues(bytes),
    fetch: fetcher,
    counters: openCounters(() =>
      selectCounterStore(env, exports.LimiterObject, { counters: stores.counters, upstash, now }),
    ),
    blocks: new BlockLists({ store: blockStore, now, log }),
    responses: stores.responses === "memory" ? memoryResponseCache(now) : cacheApiResponseCache(),
    keySets: createKeySets({
      now,
      fetchKeySet: keySetFetcher({ fetch: fetcher, systemContext }),
      shared: cacheApiKeySets(() => caches.open("isogate-key-sets")),
    }),
    nonces:
      stores.counters === "memory"
        ? createMemoryNonces(now)
        : createDurableObjectNonces(exports.NoncesObject, { timeoutMs: NONCE_TIMEOUT_MS }),
    consumers: new ConsumerDirectory({
      registry: createDurableObjectConsumers(exports.ConsumersObject),
      now,
      log,
    }),
    sessions:
      stores.counters === "memory"
        ? createMemorySessions(now)
        : createDurableObjectSessions(exports.SessionsObject),
    refusals: new RefusalTally({ store: refusals, now, wait, log, every: development ? 500 : 10_000 }),
    log,
    development,
  };
  const app = { development, signingKey: createSigningKey(exports.SigningKeyObject, "gateway") };
  const identityKey = createSigningKey(exports.SigningKeyObject, "identity");
  const surroundings = { deps, env, app, identityKey };
  const secret = env.ISOGATE_ADMIN_SECRET;
  let admin: ReturnType<typeof createAdmin> | undefined;
  return {
    gateway: createGateway(blueprint, surroundings),
    // Most isolates never need it: it is made when first asked.
    admin: () =>
      (admin ??= createAdmin({
        blueprint,
        secret: typeof secret === "string" ? secret : undefined,
        requestId: () => crypto.randomUUID(),
        refusals,
        blocks: { store: blockStore, lists: deps.blocks },
        consumers: { registry: deps.consumers.registry, random: deps.random },
        ...(blueprint.modules.presenters?.identityToken && { identityKey }),
        async explain(asked, address, execution) {
          const { explain } = await import("./explain/explain.ts");
          return explain(asked, address, execution, { blueprint, surroundings, createGateway });
        },
        now,
        log,
      })),
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Half a configuration fails the limits, each as its route declares, and not what is not limited. */
function openCounters(select: () => CounterStore): CounterStore {
  try {
    return select();
  } catch (error) {
    const fail = () => Promise.reject(error);
    return { remote: true, take: fail, peek: fail, refund: fail };
  }
}
