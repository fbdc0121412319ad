import type { LimitState } from "../context.ts";

/**
 * The `RateLimit-Policy` and `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers-10 §3, §4): structured-field
 * lists with one item per limit. None for no limits.
 * @param states their names are sf-string contents: printable ASCII without `"` and `\`.
 */
export function rateLimitFields(
  states: readonly LimitState[],
): Array<readonly [name: string, value: string]> {
  if (states.length === 0) return [];
  let policy = "";
  let left = "";
  for (const { name, limit, window, remaining, reset } of states) {
    const comma = policy === "" ? "" : ", ";
    policy += `${comma}"${name}";q=${limit}`;
    if (window !== undefined) policy += `;w=${window}`;
    left += `${comma}"${name}";r=${remaining};t=${reset}`;
  }
  return [
    ["RateLimit-Policy", policy],
    ["RateLimit", left],
  ];
}

/**
 * Adds the fields to an answer that may have its origin's own. An origin's items stay as they are (§7.2: an
 * intermediary does not loosen them) and ours join its list; of two of one name, which no list may have, the stricter
 * stays. A field that is no list of strings, as older drafts had it, is left alone without ours, since joining the
 * two would make both unreadable.
 */
export function addRateLimitFields(headers: Headers, states: readonly LimitState[]): void {
  for (const [name, value] of rateLimitFields(states)) {
    const own = headers.get(name);
    if (own !== null && !own.startsWith('"')) continue;
    if (own !== null && states.some((state) => own.includes(`"${state.name}"`)))
      headers.set(name, stricter(`${own}, ${value}`, name === "RateLimit" ? /;r=(\d+)/ : /;q=(\d+)/));
    else headers.append(name, value);
  }
}

const STRING = /"(?:[^"\\]|\\.)*"/g;
const ITEM = /(?:[^",]|"(?:[^"\\]|\\.)*")+/g;

/** The list with one item for each name: the one whose `units` are fewest, and the first of those. */
function stricter(list: string, units: RegExp): string {
  const items = new Map<string | undefined, string>();
  for (const each of list.match(ITEM) ?? []) {
    const item = each.trim();
    const [name] = item.match(STRING) ?? [];
    const before = items.get(name);
    if (before === undefined || unitsOf(item, units) < unitsOf(before, units)) items.set(name, item);
  }
  return [...items.values()].join(", ");
}

/** An item that does not say is no item. */
function unitsOf(item: string, units: RegExp): number {
  return Number(units.exec(item.replace(STRING, ""))?.[1] ?? Number.POSITIVE_INFINITY);
}

/** Whole seconds, rounded up, so that who waits them is never early. */
export function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
