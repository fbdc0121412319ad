/** Targeted `Cache-Control` of CDNs, which goes before the plain one (RFC 9213 §2.2), and its older relation. */
const TARGETED = ["cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control"];

/** The answer holds what is for one caller: no cache on the way may give it to another. */
export function keepFromCaches(headers: Headers): void {
  headers.set("cache-control", "no-store");
  for (const name of TARGETED) headers.delete(name);
}
