import { describe, expect, it } from "vitest";
import type { ResponseCache, StoredEntry } from "../../src/cache/response-cache.ts";

const BASE = "https://cache.isogate.invalid/contract/";
const bytes = (text: string) => new Uint8Array(new TextEncoder().encode(text));

const entry: StoredEntry = {
  status: 200,
  headers: { "content-type": "text/plain", etag: '"1"' },
  bornAt: 1,
  freshUntil: 2,
  staleUntil: 3,
  errorUntil: 4,
  vary: [["accept", null]],
  tags: ["product:1"],
};

/** What every {@link ResponseCache} does. @param make an implementation; called once per test. */
export function responseCacheContract(name: string, make: () => ResponseCache): void {
  describe(`${name} keeps the contract of a response cache`, () => {
    const key = (what: string) => `${BASE}${what}/${crypto.randomUUID()}`;

    it("finds nothing under a key that nothing was stored under", async () => {
      expect(await make().get(key("none"))).toBeUndefined();
    });

    it("gives back entry and body as they were stored", async () => {
      const [cache, at] = [make(), key("plain")];
      await cache.put(at, entry, bytes("hello"), 60);
      const stored = await cache.get(at);
      expect(stored?.entry).toEqual(entry);
      expect(await new Response(stored?.body).text()).toBe("hello");
    });

    it("gives the body to every reader", async () => {
      const [cache, at] = [make(), key("again")];
      await cache.put(at, entry, bytes("hello"), 60);
      for (let reader = 0; reader < 2; reader++) {
        expect(await new Response((await cache.get(at))?.body).text()).toBe("hello");
      }
    });

    it.each([null, new Uint8Array(0)])("keeps an entry without content", async (body) => {
      const [cache, at] = [make(), key("empty")];
      await cache.put(at, entry, body, 60);
      const stored = await cache.get(at);
      expect(stored?.entry).toEqual(entry);
      expect(await new Response(stored?.body).text()).toBe("");
    });

    it.each([203, 301, 404, 410, 500])(
      "keeps status %d: what may be stored is not for it to say",
      async (status) => {
        const [cache, at] = [make(), key("status")];
        await cache.put(at, { ...entry, status }, bytes("x"), 60);
        const stored = await cache.get(at);
        await stored?.body?.cancel();
        expect(stored?.entry.status).toBe(status);
      },
    );

    it("keeps fields that a cache might act on, and values beyond ASCII", async () => {
      const [cache, at] = [make(), key("fields")];
      const odd: StoredEntry = {
        ...entry,
        headers: {
          "cache-control": "no-store, private",
          "content-encoding": "gzip",
          expires: "0",
          vary: "*",
          "x-name": 'Zo\u00eb "\\" \u{1f600}',
        },
        tags: [],
      };
      await cache.put(at, odd, bytes("not really gzip"), 60);
      const stored = await cache.get(at);
      expect(stored?.entry).toEqual(odd);
      expect(await new Response(stored?.body).text()).toBe("not really gzip");
    });

    it("keeps bodies byte for byte", async () => {
      const [cache, at] = [make(), key("bytes")];
      const all = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
      await cache.put(at, entry, all, 60);
      const stored = await cache.get(at);
      expect(new Uint8Array(await new Response(stored?.body).arrayBuffer())).toEqual(all);
    });

    it("puts the newer in place of the older, even while that is being read", async () => {
      const [cache, at] = [make(), key("newer")];
      await cache.put(at, entry, bytes("old"), 60);
      const old = await cache.get(at);
      await cache.put(at, { ...entry, bornAt: 9 }, bytes("new"), 60);
      const stored = await cache.get(at);
      expect(stored?.entry.bornAt).toBe(9);
      expect(await new Response(stored?.body).text()).toBe("new");
      expect(await new Response(old?.body).text()).toBe("old");
    });

    it("deletes, and says whether there was something", async () => {
      const [cache, at] = [make(), key("gone")];
      await cache.put(at, entry, bytes("x"), 60);
      expect(await cache.delete(at)).toBe(true);
      expect(await cache.get(at)).toBeUndefined();
      expect(await cache.delete(at)).toBe(false);
    });

    it("keeps keys apart that differ in case, escapes or their last character", async () => {
      const [cache, at] = [make(), key("apart")];
      const keys = [`${at}/a`, `${at}/A`, `${at}/%61`, `${at}/a/`, `${at}/aa`];
      for (const each of keys) await cache.put(each, entry, bytes(each), 60);
      for (const each of keys) expect(await new Response((await cache.get(each))?.body).text()).toBe(each);
    });
  });
}
