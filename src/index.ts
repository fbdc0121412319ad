import { createAdmin } from "./admin/admin.ts";
import { ADMIN_PREFIX, USAGE_PATH } from "./admin/prefix.ts";
import { cacheApiResponseCache } from "./cache/cache-api.ts";
import { memoryResponseCache } from "./cache/memory.ts";
import type { Deps } from "./deps.ts";
import type { Gateway } from "./gateway.ts";
import { createKeySets } from "./identity/key-sets.ts";
import { keySetFetcher } from "./identity/keys/fetch-key-set.ts";
import { cacheApiKeySets } from "./identity/keys/shared-key-sets.ts";
import { systemContext } from "./keyed.ts";
import type { Blueprint } from "./manifest/blueprint.ts";
import { RefusalTally } from "./observe/refusal-tally.ts";
import type { Exports, PartName, PartTools } from "./parts/part.ts";
import { createGateway } from "./runtime.ts";
import { type Message, setCourier } from "./stores/courier.ts";
import { createDurableObjectRefusals } from "./stores/refusals/durable-object.ts";
import { createMemoryRefusals } from "./stores/refusals/memory.ts";
import { createSigningKey } from "./stores/signing-key/signing-key.ts";

type Env = Readonly<Record<string, unknown>>;

/** Makes the Worker of a blueprint. Nothing runs before the first request: the environment comes with it. */
export function createWorker(blueprint: Blueprint): ExportedHandler<Env> {
  let running: ReturnType<typeof start> | undefined;
  const run = (env: Env, exports: unknown) => (running ??= start(blueprint, env, exports as Exports));
  // Objects that have something to send live in the modules that this is made of.
  setCourier((message, { env, exports, execution }) => post(run(env, exports).gateway, message, execution));
  return {
    fetch(request, env, execution) {
      const { gateway, admin } = run(env, execution.exports);
      return isAdminPath(request.url)
        ? admin().fetch(request, env, execution)
        : gateway.fetch(request, execution);
    },
  };
}

/** How long a receiver has, in ms. */
const RECEIVER_MS = 10_000;

/** Posts a message to an upstream, which can tell by its id whether it had it before. @returns the answer's status */
async function post(
  gateway: Gateway,
  message: Message,
  execution: Pick<ExecutionContext, "waitUntil">,
): Promise<number> {
  const { upstream, path, id, body, type } = message;
  const headers = new Headers({ "content-type": type, "idempotency-key": id });
  const request = { method: "POST", path, search: "", headers, body };
  const answer = await gateway.send(upstream, request, RECEIVER_MS, execution);
  await answer.body?.cancel();
  return answer.status;
}

/** `/_gateway` and what is below it: `/_gatewayfoo` may be a route, and so may `/_gateway/usage`. */
function isAdminPath(url: string): boolean {
  const path = url.indexOf("/", url.indexOf("://") + 3);
  if (!url.startsWith(ADMIN_PREFIX, path)) return false;
  const next = url.charAt(path + ADMIN_PREFIX.length);
  if (url.startsWith(USAGE_PATH, path) && /^(?:$|[?#])/.test(url.slice(path + USAGE_PATH.length)))
    return false;
  return next === "" || next === "/" || next === "?";
}

function start(blueprint: Blueprint, env: Env, exports: Exports) {
  const { development, stores, upstash, parts } = blueprint;
  const now = () => Date.now();
  const random: Deps["random"] = (bytes) => crypto.getRandomValues(bytes);
  const fetcher: Deps["fetch"] = (request, init) => fetch(request, init);
  const log: Deps["log"] = (line) => console.log(JSON.stringify(line));
  const refusals =
    stores.counters === "memory"
      ? createMemoryRefusals()
      : createDurableObjectRefusals(exports.RefusalsObject);
  const shared = openParts(parts, { now, random, log, env, exports, counters: stores.counters, upstash });
  const deps: Deps = {
    ...shared,
    now,
    random,
    fetch: fetcher,
    responses: stores.responses === "memory" ? memoryResponseCache(now) : cacheApiResponseCache(),
    keySets: createKeySets({
      now,
      fetchKeySet: keySetFetcher({ fetch: fetcher, systemContext }),
      shared: cacheApiKeySets(() => caches.open("isogate-key-sets")),
    }),
    refusals: new RefusalTally({ store: refusals, now, wait, log, every: development ? 500 : 10_000 }),
    log,
    development,
  };
  const app = { development, signingKey: createSigningKey(exports.SigningKeyObject, "gateway") };
  const identityKey = createSigningKey(exports.SigningKeyObject, "identity");
  const surroundings = { deps, env, app, identityKey };

  function makeAdmin() {
    const secret = typeof env.ISOGATE_ADMIN_SECRET === "string" ? env.ISOGATE_ADMIN_SECRET : "";
    const requestId = () => crypto.randomUUID();
    const tools = { now, random, secret, requestId, consumers: shared.consumers };
    return createAdmin({
      blueprint,
      secret,
      requestId,
      refusals,
      blocks: parts.blocks?.administer(shared.blocks, tools),
      quotas: parts.quotas?.administer(shared.quotas, tools),
      meters: parts.meters?.administer(shared.meters, tools),
      consumers: parts.consumers?.administer(shared.consumers, tools),
      ...(blueprint.modules.presenters?.identityToken && { identityKey }),
      async explain(asked, address, execution) {
        const { explain } = await import("./explain/explain.ts");
        return explain(asked, address, execution, { blueprint, surroundings, createGateway });
      },
      now,
      log,
    });
  }
  let admin: ReturnType<typeof makeAdmin> | undefined;
  // Most isolates never need the admin app: it is made when first asked.
  return { gateway: createGateway(blueprint, surroundings), admin: () => (admin ??= makeAdmin()) };
}

/** What the manifest does not use is not in the bundle, and nothing asks for it: the build saw to that. */
function openParts(parts: Blueprint["parts"], tools: PartTools) {
  const opened = Object.entries(parts).map(([name, part]) => [name, part.open(tools)]);
  return Object.fromEntries(opened) as {
    [Name in PartName]: ReturnType<NonNullable<Blueprint["parts"][Name]>["open"]>;
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
