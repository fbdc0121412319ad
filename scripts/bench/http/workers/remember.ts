const CAPACITY = 10_000;

/** Keeps a map bounded: the oldest entry makes room. */
export function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (map.size >= CAPACITY) map.delete(map.keys().next().value ?? "");
  map.set(key, value);
}
