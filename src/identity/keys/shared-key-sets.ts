/** A key set as isolates hand it to each other. */
export interface SharedKeySet {
  /** The JSON as the issuer sent it; parsed and judged again by whoever reads it. */
  readonly text: string;
  /** Ms since the epoch. */
  readonly fetchedAt: number;
  readonly freshUntil: number;
}

/** A tier of key sets behind the isolates' own memory. It may forget and fail at any time. */
export interface SharedKeySets {
  read(id: string): Promise<SharedKeySet | undefined>;
  /** @param ttl for how long it is of any use, in seconds. */
  write(id: string, set: SharedKeySet, ttl: number): Promise<void>;
}

const FETCHED_AT = "x-fetched-at";
const FRESH_UNTIL = "x-fresh-until";

/**
 * Keeps key sets in the Cache API: per data centre, so a cold isolate finds what its neighbours know.
 * @param open the cache to use; one of its own name, which no request from outside can write to.
 */
export function cacheApiKeySets(open: () => Promise<Cache>): SharedKeySets {
  const address = (id: string) => `https://key-sets.invalid/${encodeURIComponent(id)}`;
  return {
    async read(id) {
      const stored = await (await open()).match(address(id));
      if (stored === undefined) return undefined;
      const fetchedAt = Number(stored.headers.get(FETCHED_AT));
      const freshUntil = Number(stored.headers.get(FRESH_UNTIL));
      return { text: await stored.text(), fetchedAt, freshUntil };
    },
    async write(id, { text, fetchedAt, freshUntil }, ttl) {
      const headers = {
        "cache-control": `max-age=${ttl}`,
        [FETCHED_AT]: String(fetchedAt),
        [FRESH_UNTIL]: String(freshUntil),
      };
      await (await open()).put(address(id), new Response(text, { headers }));
    },
  };
}
