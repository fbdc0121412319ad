/** Whatever servers that turn header names into variables may take for a dash (RFC 3875 §4.1.18). */
const LIKE_DASH = /[^a-z0-9-]/g;

/** A header's name as the most lenient origin may read it. @param name in lower case */
export function foldName(name: string): string {
  return name.replace(LIKE_DASH, "-");
}
