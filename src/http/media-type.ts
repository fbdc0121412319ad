/** A media type, RFC 9110 §8.3.1. */
export interface MediaType {
  /** Lower case. */
  readonly type: string;
  /** Lower case. */
  readonly subtype: string;
  /** Parameter names in lower case, values as given, unquoted. The first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const ESSENCE = /^[ \t]*([\w!#$%&'*+.^`|~-]+)\/([\w!#$%&'*+.^`|~-]+)[ \t]*(?:;|$)/;
const PARAMETER =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)"))?[ \t]*(?:;|$)/sy;

/** Parses a `Content-Type`; undefined when it is none. */
export function parseMediaType(value: string): MediaType | undefined {
  const [whole, type, subtype] = ESSENCE.exec(value) ?? [];
  if (whole === undefined || type === undefined || subtype === undefined) return undefined;
  const parameters = new Map<string, string>();
  for (let at = whole.length; at < value.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(value);
    if (match === null) return undefined;
    const [, name, token, quoted] = match;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, token ?? quoted?.replace(/\\(.)/gs, "$1") ?? "");
  }
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), parameters };
}

/**
 * Whether a `Content-Type` falls under a pattern: `image/png`, `image/*`, `application/*+json`, or any type,
 * written with two asterisks. Parameters do not matter.
 * @param pattern in lower case.
 */
export function matchesMediaType(pattern: string, value: string): boolean {
  const essence = essenceOf(value);
  if (essence === undefined) return false;
  if (essence === pattern || pattern === "*/*") return true;
  const star = pattern.indexOf("/*");
  if (star === -1) return false;
  const suffix = pattern.slice(star + 2);
  // `application/*+json` asks for a name before the suffix: `application/+json` is not of that kind.
  return (
    essence.startsWith(pattern.slice(0, star + 1)) &&
    essence.endsWith(suffix) &&
    essence.length > star + 1 + suffix.length
  );
}

/** Whether a `Content-Type` says JSON: `application/json`, `text/json` or anything with the suffix `+json` (RFC 6839 §3.1). */
export function isJson(value: string): boolean {
  const essence = essenceOf(value);
  return essence === "application/json" || essence === "text/json" || (essence?.endsWith("+json") ?? false);
}

function essenceOf(value: string): string | undefined {
  const [, type, subtype] = ESSENCE.exec(value) ?? [];
  return type === undefined || subtype === undefined ? undefined : `${type}/${subtype}`.toLowerCase();
}
