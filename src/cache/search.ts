/**
 * A query in its one order: by name, the values of one name in the order they came. Two requests that differ in
 * nothing but the order of their parameters are one to the cache, and the origin sees this spelling.
 * @param search with its `?`, or empty; so is the result.
 */
export function sortSearch(search: string): string {
  if (!search.includes("&")) return search === "?" ? "" : search;
  const pairs = search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => [pair.split("=", 1)[0]!, pair] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.length === 0 ? "" : `?${pairs.map(([, pair]) => pair).join("&")}`;
}

/** The declared parameters of a query and no others, in the order of `names`. */
export function pickSearch(query: URLSearchParams, names: readonly string[]): string {
  let picked = "";
  for (const name of names) {
    for (const value of query.getAll(name)) {
      picked += `${picked === "" ? "?" : "&"}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
    }
  }
  return picked;
}
