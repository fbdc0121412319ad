import type { RefusalCount, RefusalStore } from "./refusal-store.ts";

/** What the store needs of the namespace of `RefusalsObject`: `ctx.exports.RefusalsObject`. */
export interface RefusalsNamespace {
  getByName(name: string): {
    add(counts: readonly RefusalCount[], hour: number): Promise<void>;
    since(hour: number): Promise<RefusalCount[]>;
  };
}

/** Counts in the gateway's one object for them. A stub that has failed stays broken, so each call makes its own. */
export function createDurableObjectRefusals(namespace: RefusalsNamespace): RefusalStore {
  const object = () => namespace.getByName("gateway");
  return {
    add: (counts, hour) => object().add(counts, hour),
    since: (hour) => object().since(hour),
  };
}
