import { expect, it } from "vitest";
import { keepFromCaches } from "../../src/http/keep-from-caches.ts";

it("leaves no cache a word that lets it store the answer", () => {
  const headers = new Headers({
    "cache-control": "public, max-age=60",
    "cdn-cache-control": "max-age=60",
    "cloudflare-cdn-cache-control": "max-age=60",
    "surrogate-control": "max-age=60",
    etag: '"1"',
  });
  keepFromCaches(headers);
  expect(Object.fromEntries(headers)).toEqual({ "cache-control": "no-store", etag: '"1"' });
});
