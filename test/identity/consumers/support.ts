import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { generateKey } from "../../../src/identity/api-key/format.ts";
import { hashKey } from "../../../src/identity/api-key/hash.ts";
import { ConsumerDirectory } from "../../../src/identity/consumers/directory.ts";
import type { ConsumerFields, NewKey } from "../../../src/stores/consumers/consumer.ts";
import type { ConsumerRegistry } from "../../../src/stores/consumers/consumer-registry.ts";
import { createMemoryConsumers } from "../../../src/stores/consumers/memory.ts";
import { clock, context } from "../support.ts";

export const PREFIX = "shop_live";
export const STALENESS = 30_000;
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);

/** A key that nobody has registered. */
export const strangeKey = (prefix = PREFIX) => generateKey(prefix, random);

/** A registry that two isolates share, each with a directory of its own, and a clock that the test moves. */
export function registered() {
  const now = clock();
  const registry = createMemoryConsumers();
  /** Hashes that were asked for. */
  const asked: string[] = [];
  /** Ids of consumers that were asked for. */
  const askedFor: string[] = [];
  let answer: ConsumerRegistry["find"] = registry.find;
  let answerConsumer: ConsumerRegistry["consumer"] = registry.consumer;
  const watched: ConsumerRegistry = {
    ...registry,
    find: (hash, at) => {
      asked.push(hash);
      return answer(hash, at);
    },
    consumer: (id) => {
      askedFor.push(id);
      return answerConsumer(id);
    },
  };
  const lines: Array<Readonly<Record<string, unknown>>> = [];
  const log: Deps["log"] = (line) => void lines.push(line);
  const isolate = () => new ConsumerDirectory({ registry: watched, now, log });
  const act = () => ({ actor: "ops", at: now() });
  let count = 0;
  return {
    now,
    asked,
    askedFor,
    lines,
    registry,
    isolate,
    act,
    watched,
    /** Has the registry answer otherwise until it is told to be itself again. */
    answering(other: ConsumerRegistry["find"] | undefined) {
      answer = other ?? registry.find;
    },
    /** The same, about consumers. */
    answeringOfConsumers(other: ConsumerRegistry["consumer"] | undefined) {
      answerConsumer = other ?? registry.consumer;
    },
    async addConsumer(id: string, more: Partial<ConsumerFields> = {}) {
      await registry.create({ id, roles: [], metadata: {}, suspended: false, ...more }, act());
    },
    /** @returns the key and its id */
    async addKey(consumer: string, more: Partial<NewKey> = {}, prefix = PREFIX) {
      const key = strangeKey(prefix);
      const id = `k${++count}`;
      await registry.addKey(consumer, { id, prefix, hash: await hashKey(key), scopes: [], ...more }, act());
      return { key, id };
    },
  };
}

/** Settles what goes on behind the answer. */
export async function settled(ctx: { background: Array<Promise<unknown>> }): Promise<void> {
  while (ctx.background.length > 0) await ctx.background.shift();
}

/** A request to a route, by default to `GET /orders`. */
export function request(
  init: {
    headers?: Record<string, string>;
    search?: string;
    method?: string;
    pattern?: string;
    address?: string;
  } = {},
) {
  const { headers = {}, search = "", method = "GET", pattern = "/orders", address = "" } = init;
  const ctx = context({ headers });
  return Object.assign(ctx as typeof ctx & RequestContext, {
    method,
    search,
    query: new URLSearchParams(search),
    address,
    plan: { facts: { id: `${method} ${pattern}`, method, pattern, authenticates: true } },
  });
}
