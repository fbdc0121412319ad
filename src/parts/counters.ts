import type { CounterStore } from "../stores/counters/counter-store.ts";
import { selectCounterStore } from "../stores/counters/select.ts";
import type { PartTools } from "./part.ts";

/** Half a configuration fails the limits, each as its route declares, and not what is not limited. */
export function open({ env, exports, counters, upstash, now }: PartTools): CounterStore {
  try {
    return selectCounterStore(env, exports.LimiterObject, { counters, upstash, now });
  } catch (error) {
    const fail = () => Promise.reject(error);
    return { remote: true, take: fail, peek: fail, refund: fail };
  }
}
