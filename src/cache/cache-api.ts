import type { ResponseCache, StoredEntry } from "./response-cache.ts";

/** Holds the {@link StoredEntry} as JSON in ASCII. */
const ENTRY = "isogate-entry";
const BEYOND_ASCII = /[^\x20-\x7e]/g;

/**
 * Responses in the platform's cache of this data centre. The platform sees a plain 200 with a lifetime and a
 * body: status, header fields and freshness are the gateway's own and travel in one field, so nothing that
 * the platform refuses, rewrites or interprets (status, `Vary`, `ETag`, `Content-Encoding`) is left to it.
 * @param cache read at every use: module scope has no request yet.
 */
export function cacheApiResponseCache(cache: () => Cache = () => caches.default): ResponseCache {
  return {
    async get(key) {
      const hit = await cache().match(key);
      const entry = hit && parseEntry(hit.headers.get(ENTRY));
      if (entry === undefined) {
        await hit?.body?.cancel();
        return undefined;
      }
      return { entry, body: hit!.body };
    },

    async put(key, entry, body, keepFor) {
      const headers = new Headers({ "cache-control": `max-age=${keepFor}`, [ENTRY]: formatEntry(entry) });
      if (entry.tags.length > 0) headers.set("cache-tag", entry.tags.join(","));
      await cache().put(key, new Response(body, { headers }));
    },

    delete(key) {
      return cache().delete(key);
    },
  };
}

/** Header values are bytes on their way through the platform: what is beyond ASCII is written as an escape. */
function formatEntry(entry: StoredEntry): string {
  return JSON.stringify(entry).replace(
    BEYOND_ASCII,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parseEntry(json: string | null): StoredEntry | undefined {
  if (json === null) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
