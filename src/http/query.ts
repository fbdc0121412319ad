/**
 * A route's own query with the client's after it, but for parameters that the route sets: which of two values of one
 * name a server believes differs, and it must not be the client's choice.
 * @param own the route's query, with its `?`, or empty.
 * @param asked the client's, with its `?`, or empty.
 */
export function joinQueries(own: string, asked: string): string {
  if (own === "" || own === "?") return asked;
  if (asked === "" || asked === "?") return own;
  const set = new Set(own.slice(1).split("&").map(nameOf));
  const kept = asked
    .slice(1)
    .split("&")
    .filter((pair) => !set.has(nameOf(pair)));
  return kept.length === 0 ? own : `${own}&${kept.join("&")}`;
}

/** The name of a `name=value` pair as servers read it. Both queries have been proved to decode. */
function nameOf(pair: string): string {
  const at = pair.indexOf("=");
  const name = (at < 0 ? pair : pair.slice(0, at)).replaceAll("+", " ");
  try {
    return decodeURIComponent(name);
  } catch {
    // Valid escapes that are not UTF-8 stand for themselves.
    return name;
  }
}
