import { Leases } from "../limits/leases.ts";
import type { CounterStore, Shield } from "../stores/counters/counter-store.ts";
import { selectCounterStore } from "../stores/counters/select.ts";
import type { PartTools } from "./part.ts";

/** Half a configuration fails the limits, each as its route declares, and not what is not limited. */
export function open({ env, exports, counters, upstash, now }: PartTools): CounterStore {
  try {
    const store = selectCounterStore(env, exports.LimiterObject, { counters, upstash, now });
    if (!store.remote) return store;
    const shield = (name: string) => env[name] as Shield | undefined;
    return { ...store, leases: new Leases(store, now), shield };
  } catch (error) {
    const fail = () => Promise.reject(error);
    return { remote: true, take: fail, peek: fail, refund: fail, charge: fail, lease: fail };
  }
}
