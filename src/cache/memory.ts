import type { ResponseCache, StoredEntry } from "./response-cache.ts";

interface Kept {
  readonly entry: StoredEntry;
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly until: number;
}

/** Bounds of a {@link memoryResponseCache}. */
export interface MemoryBounds {
  /** Most entries kept. Default 1,000. */
  readonly entries?: number;
  /** Most body bytes kept. Default 16 MB. */
  readonly bytes?: number;
}

/** Responses in this isolate's memory, the longest unused dropped first: for tests and benchmarks. */
export function memoryResponseCache(
  now: () => number,
  { entries = 1_000, bytes = 16 * 1024 * 1024 }: MemoryBounds = {},
): ResponseCache {
  // A Map iterates in order of insertion: what is used goes to its end, so its front is the longest unused.
  const kept = new Map<string, Kept>();
  let size = 0;

  function remove(key: string): boolean {
    size -= kept.get(key)?.body?.byteLength ?? 0;
    return kept.delete(key);
  }

  return {
    async get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      if (found.until <= now()) {
        remove(key);
        return undefined;
      }
      kept.delete(key);
      kept.set(key, found);
      return { entry: found.entry, body: new Response(found.body).body };
    },

    async put(key, entry, body, keepFor) {
      remove(key);
      kept.set(key, { entry, body, until: now() + keepFor * 1_000 });
      size += body?.byteLength ?? 0;
      for (const oldest of kept.keys()) {
        if (kept.size <= entries && size <= bytes) break;
        remove(oldest);
      }
    },

    async delete(key) {
      return remove(key);
    },
  };
}
