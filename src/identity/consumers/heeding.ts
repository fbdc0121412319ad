import type { ConsumerRegistry } from "../../stores/consumers/consumer-registry.ts";

/**
 * A registry that says when something was written through it.
 * @param written called after each write, also after one that failed: it may have been done all the same
 */
export function heeding(registry: ConsumerRegistry, written: () => void): ConsumerRegistry {
  const told =
    <Args extends unknown[], T>(write: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> =>
      write(...args).finally(written);
  return {
    ...registry,
    create: told(registry.create),
    change: told(registry.change),
    remove: told(registry.remove),
    addKey: told(registry.addKey),
    rollKey: told(registry.rollKey),
    revokeKey: told(registry.revokeKey),
    importRecords: told(registry.importRecords),
  };
}
