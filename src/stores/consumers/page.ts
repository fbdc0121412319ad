import type { Page } from "./consumer-registry.ts";

/**
 * Most characters of JSON in a page, but for its last item: an answer of a Durable Object may have 32 MiB, and a
 * consumer with all the metadata it may have some 300 kB.
 */
export const PAGE_LENGTH = 2_000_000;

/**
 * As many of the items as a page holds.
 * @param found one more than that, which tells whether there is a next page
 */
export function page<T>(found: readonly T[], limit: number, cursor: (item: T) => string): Page<T> {
  let length = 0;
  const full = found.findIndex((item, index) => {
    if (index === limit || length >= PAGE_LENGTH) return true;
    length += JSON.stringify(item).length;
    return false;
  });
  const items = full < 0 ? found : found.slice(0, full);
  const last = items.at(-1);
  return full < 0 || last === undefined ? { items } : { items, next: cursor(last) };
}
