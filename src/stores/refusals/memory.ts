import { KEPT_HOURS, type RefusalCount, type RefusalStore, refusalKey } from "./refusal-store.ts";

/** Counts of this isolate alone. For tests, benches and single-process use. */
export function createMemoryRefusals(): RefusalStore {
  const hours = new Map<number, Map<string, RefusalCount>>();
  return {
    async add(counts, hour) {
      for (const kept of hours.keys()) if (kept <= hour - KEPT_HOURS) hours.delete(kept);
      const sums = hours.get(hour) ?? new Map<string, RefusalCount>();
      hours.set(hour, sums);
      sumUp(counts, sums);
    },
    async since(hour) {
      const sums = new Map<string, RefusalCount>();
      for (const [each, counts] of hours) if (each >= hour) sumUp(counts.values(), sums);
      return [...sums.values()].sort((a, b) => b.count - a.count);
    },
  };
}

function sumUp(counts: Iterable<RefusalCount>, sums: Map<string, RefusalCount>): void {
  for (const each of counts) {
    const key = refusalKey(each);
    sums.set(key, { ...each, count: each.count + (sums.get(key)?.count ?? 0) });
  }
}
