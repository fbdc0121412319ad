import type { AuditLine } from "./audit-line.ts";
import type { Consumer } from "./consumer.ts";
import type { ConsumerRegistry } from "./consumer-registry.ts";
import { holds } from "./decisions.ts";
import { RegistryBook } from "./registry-book.ts";
import type { ConsumerTables, KeptKey, KeptOutcome, KeptToken } from "./tables.ts";

/** A registry of this isolate alone. For tests and for trying things out. */
export function createMemoryConsumers(): ConsumerRegistry {
  const book = new RegistryBook(memoryTables());
  return {
    find: async (...args) => book.find(...args),
    noteUse: async (...args) => book.noteUse(...args),
    consumer: async (id) => book.consumer(id),
    consumers: async (query) => book.consumers(query),
    audit: async (...args) => book.audit(...args),
    news: async (since) => book.news(since),
    create: async (...args) => book.create(...args),
    change: async (...args) => book.change(...args),
    remove: async (...args) => book.remove(...args),
    addKey: async (...args) => book.addKey(...args),
    rollKey: async (...args) => book.rollKey(...args),
    revokeKey: async (...args) => book.revokeKey(...args),
    exportRecords: async (...args) => book.exportRecords(...args),
    importRecords: async (...args) => book.importRecords(...args),
    findToken: async (...args) => book.findToken(...args),
    tokens: async () => book.tokens(),
    addToken: async (...args) => book.addToken(...args),
    revokeToken: async (...args) => book.revokeToken(...args),
  };
}

function memoryTables(): ConsumerTables {
  const consumers = new Map<string, Consumer>();
  const keys = new Map<string, KeptKey>();
  const byHash = new Map<string, string>();
  const tokens = new Map<string, KeptToken>();
  const lines: AuditLine[] = [];
  const outcomes = new Map<string, KeptOutcome>();
  const first = <T>(found: Iterable<T>, limit: number) => Array.from(found).slice(0, limit);
  return {
    // What is written has been decided before, and a map refuses nothing.
    atomically: (work) => work(),

    consumer: (id) => consumers.get(id),
    consumersAfter: (after, limit) =>
      first(
        [...consumers.values()].filter(({ id }) => id > after).sort((a, b) => (a.id < b.id ? -1 : 1)),
        limit,
      ),
    putConsumer: (consumer) => void consumers.set(consumer.id, consumer),
    dropConsumer(id) {
      consumers.delete(id);
      for (const key of [...keys.values()].filter(({ consumer }) => consumer === id)) {
        keys.delete(key.id);
        byHash.delete(key.hash);
      }
    },

    key: (id) => keys.get(id),
    liveKey(hash, at) {
      const key = keys.get(byHash.get(hash) ?? "");
      return key !== undefined && holds(key, at) ? key : undefined;
    },
    keyOfHash: (hash) => keys.get(byHash.get(hash) ?? ""),
    keysAfter: (consumer, place, limit) =>
      first(
        [...keys.values()]
          .map((key, index) => ({ place: index + 1, key }))
          .filter((each) => each.key.consumer === consumer && each.place > place),
        limit,
      ),
    keysOf: (consumer) => [...keys.values()].filter((key) => key.consumer === consumer),
    putKey(key) {
      keys.set(key.id, key);
      byHash.set(key.hash, key.id);
    },

    tokens: () => [...tokens.values()],
    putToken: (token) => void tokens.set(token.id, token),

    appendLine(line) {
      const number = (lines.at(-1)?.number ?? 0) + 1;
      lines.push({ number, ...line });
      return number;
    },
    oldestLines: (limit) => lines.slice(0, limit),
    dropLines: (last) => void lines.splice(0, lines.findLastIndex(({ number }) => number <= last) + 1),
    linesAfter: (number, limit) =>
      first(
        lines.filter((line) => line.number > number),
        limit,
      ),
    linesBefore: (number, limit, consumer) =>
      first(
        lines
          .filter((line) => line.number < number && (consumer === undefined || line.consumer === consumer))
          .reverse(),
        limit,
      ),

    outcome: (once) => outcomes.get(once),
    putOutcome: (once, outcome) => void outcomes.set(once, outcome),
    dropOutcomes(before) {
      for (const [once, { at }] of outcomes) if (at < before) outcomes.delete(once);
    },
  };
}
