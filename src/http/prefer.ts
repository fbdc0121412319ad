const PREFERENCE =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)[ \t]*(?:=[ \t]*(?:([\w!#$%&'*+.^`|~-]+)|"((?:[^"\\]|\\.)*)")[ \t]*)?)?([;,]|$)/sy;

/**
 * Reads a `Prefer` field (RFC 7240 §2): values by preference name in lower case, empty where there is none.
 * Of a name that is said twice the first counts; parameters, and what follows a mistake, do not.
 */
export function parsePreferences(field: string): ReadonlyMap<string, string> {
  const preferences = new Map<string, string>();
  let isParameter = false;
  for (let at = 0; at < field.length; at = PREFERENCE.lastIndex) {
    PREFERENCE.lastIndex = at;
    const match = PREFERENCE.exec(field);
    if (match === null) break;
    const [, name, token, quoted, end] = match;
    const key = name?.toLowerCase();
    if (key !== undefined && !isParameter && !preferences.has(key)) {
      preferences.set(key, token ?? quoted?.replace(/\\(.)/gs, "$1") ?? "");
    }
    isParameter = end === ";";
  }
  return preferences;
}
