import { parameterName } from "./parameter-name.ts";

/**
 * A query without some parameters, however their names are spelt and in whichever case; the others stay as they are.
 * @param search with its `?`, or empty
 * @param names in lower case
 */
export function withoutParameters(search: string, names: ReadonlySet<string>): string {
  if (search === "") return search;
  const kept = search
    .slice(1)
    .split("&")
    .filter((pair) => !names.has(parameterName(pair.split("=", 1)[0] ?? "")));
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}
