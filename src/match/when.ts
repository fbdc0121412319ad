import { matchesMediaType } from "../http/media-type.ts";
import type { When } from "../manifest/define.ts";

/** What a route asks beside path and method. The host is the router's business. */
export type Predicates = Omit<When, "host">;

/** What predicates look at. */
interface Asked {
  readonly request: Request;
  readonly query: URLSearchParams;
}

/** Whether every predicate holds. */
export function accepts(when: Predicates | undefined, asked: Asked): boolean {
  if (when === undefined) return true;
  const { headers } = asked.request;
  if (!holds(when.header, (name) => headers.get(name))) return false;
  // The query is parsed only where a predicate names it.
  if (!holds(when.query, (name) => asked.query.get(name))) return false;
  if (!holds(when.cookie, (name) => cookie(headers.get("cookie"), name))) return false;
  return when.content === undefined || matchesMediaType(when.content, headers.get("content-type") ?? "");
}

function holds(wanted: Predicates["header"], read: (name: string) => string | null): boolean {
  if (wanted === undefined) return true;
  for (const name in wanted) {
    const value = read(name);
    if (value === null || (wanted[name] !== true && wanted[name] !== value)) return false;
  }
  return true;
}

/** RFC 6265 §4.2.1: the first cookie of that name. */
function cookie(header: string | null, name: string): string | null {
  for (const pair of header?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}
