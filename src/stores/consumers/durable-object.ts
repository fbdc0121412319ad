import type { ConsumerRegistry } from "./consumer-registry.ts";

/** What the registry needs of the namespace of `ConsumersObject`: `ctx.exports.ConsumersObject`. */
export interface ConsumersNamespace {
  getByName(name: string): ConsumerRegistry;
}

/** The registry in the gateway's one object. A stub that has failed stays broken, so each call makes its own. */
export function createDurableObjectConsumers(namespace: ConsumersNamespace): ConsumerRegistry {
  const object = () => namespace.getByName("gateway");
  return {
    find: (...args) => object().find(...args),
    noteUse: (...args) => object().noteUse(...args),
    consumer: (id) => object().consumer(id),
    consumers: (query) => object().consumers(query),
    audit: (...args) => object().audit(...args),
    news: (since) => object().news(since),
    create: (...args) => object().create(...args),
    change: (...args) => object().change(...args),
    remove: (...args) => object().remove(...args),
    addKey: (...args) => object().addKey(...args),
    rollKey: (...args) => object().rollKey(...args),
    revokeKey: (...args) => object().revokeKey(...args),
    exportRecords: (...args) => object().exportRecords(...args),
    importRecords: (...args) => object().importRecords(...args),
    findToken: (...args) => object().findToken(...args),
    tokens: () => object().tokens(),
    addToken: (...args) => object().addToken(...args),
    revokeToken: (...args) => object().revokeToken(...args),
  };
}
