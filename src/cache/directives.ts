/** The response directives of RFC 9111 §5.2.2 and RFC 5861 that a gateway's cache acts on. Times in seconds. */
export interface CacheDirectives {
  readonly noStore: boolean;
  readonly private: boolean;
  readonly noCache: boolean;
  /** `must-revalidate` or `proxy-revalidate`. */
  readonly mustRevalidate: boolean;
  /** `s-maxage`, else `max-age`. */
  readonly lifetime: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
}

/** The directives that govern this cache, and whether they were meant for caches like it alone. */
export interface GoverningDirectives extends CacheDirectives {
  readonly targeted: boolean;
}

/** RFC 9111 §1.2.2: larger numbers of seconds mean the same as this. */
const LONGEST = 2 ** 31;
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
/** One directive of `Cache-Control`: a token, then perhaps a token or a quoted string. */
const DIRECTIVE = new RegExp(`(${TOKEN})(?:\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,;"]*)))?`, "g");
const KEY = "[a-z*][a-z0-9_.*-]*";
const BARE_ITEM =
  '-?\\d{1,15}(?:\\.\\d{1,3})?|"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"|[A-Za-z*][!#$%&\'*+.^_`|~\\w:/-]*|\\?[01]|:[A-Za-z0-9+/=]*:';
/** One member of a structured dictionary without inner lists (RFC 8941 §3.2). */
const MEMBER = new RegExp(
  `[ \\t]*(${KEY})(?:=(${BARE_ITEM}))?(?:; *${KEY}(?:=(?:${BARE_ITEM}))?)*[ \\t]*(,[ \\t]*(?=[a-z*])|$)`,
  "y",
);

/**
 * What the origin says to this cache: `CDN-Cache-Control` alone where there is a valid one (RFC 9213 §2.2),
 * else `Cache-Control`.
 */
export function governingDirectives(headers: Headers): GoverningDirectives {
  const targeted = headers.get("cdn-cache-control");
  const members = targeted === null ? undefined : parseTargeted(targeted);
  if (members !== undefined) return { ...read(members), targeted: true };
  return { ...read(parseCacheControl(headers.get("cache-control") ?? "")), targeted: false };
}

/** Lenient, as it must be: what cannot be understood is skipped, and of two values the stricter counts (§4.2.1). */
function parseCacheControl(field: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const [, name, quoted, token] of field.matchAll(DIRECTIVE)) {
    const key = name!.toLowerCase();
    const value = quoted ?? token ?? "";
    const earlier = members.get(key);
    members.set(key, earlier !== undefined && seconds(earlier) < seconds(value) ? earlier : value);
  }
  return members;
}

/** @returns undefined for a field that is empty or no dictionary: RFC 9213 §2.1 has it ignored as a whole. */
function parseTargeted(field: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  MEMBER.lastIndex = 0;
  while (MEMBER.lastIndex < field.length) {
    const member = MEMBER.exec(field);
    if (member === null) return undefined;
    const [, key, value = ""] = member;
    if (value === "?0") members.delete(key!);
    else members.set(key!, value);
  }
  return members.size === 0 ? undefined : members;
}

function read(members: ReadonlyMap<string, string>): CacheDirectives {
  const time = (name: string) => {
    const value = members.get(name);
    return value === undefined ? undefined : seconds(value);
  };
  return {
    noStore: members.has("no-store"),
    // With field names too: leaving single fields out of an entry is not worth a mistake.
    private: members.has("private"),
    noCache: members.has("no-cache"),
    mustRevalidate: members.has("must-revalidate") || members.has("proxy-revalidate"),
    lifetime: time("s-maxage") ?? time("max-age"),
    staleWhileRevalidate: time("stale-while-revalidate"),
    staleIfError: time("stale-if-error"),
  };
}

/** RFC 9111 §4.2.1: a lifetime that is no number of seconds is over already. */
function seconds(value: string): number {
  return /^\d+$/.test(value) ? Math.min(Number(value), LONGEST) : 0;
}
