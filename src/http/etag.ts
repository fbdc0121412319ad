/** An entity tag, RFC 9110 §8.8.3. */
export interface EntityTag {
  readonly weak: boolean;
  /** What stands between the quotes. */
  readonly opaque: string;
}

const ENTITY_TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;
/** One member of a list with the comma after it; empty members are allowed (RFC 9110 §5.6.1). */
const MEMBER = /[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")?[ \t]*(?:,|$)/y;

/** Parses an `ETag`; undefined when it is malformed. */
export function parseEntityTag(value: string): EntityTag | undefined {
  const [, weak, opaque] = ENTITY_TAG.exec(value) ?? [];
  return opaque === undefined ? undefined : { weak: weak !== undefined, opaque };
}

/** Parses `If-Match` or `If-None-Match`: a list, or `*` for any; undefined when it is malformed. */
export function parseEntityTags(value: string): readonly EntityTag[] | "*" | undefined {
  if (value.trim() === "*") return "*";
  const tags: EntityTag[] = [];
  for (let at = 0; at < value.length; at = MEMBER.lastIndex) {
    MEMBER.lastIndex = at;
    const member = MEMBER.exec(value);
    if (member === null) return undefined;
    const tag = member[1] === undefined ? undefined : parseEntityTag(member[1]);
    if (tag !== undefined) tags.push(tag);
  }
  return tags;
}

/** RFC 9110 §8.8.3.2: equal whether weak or not. For `If-None-Match`. */
export function matchesWeakly(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

/** RFC 9110 §8.8.3.2: equal, and neither weak. For `If-Match` and ranges. */
export function matchesStrongly(a: EntityTag, b: EntityTag): boolean {
  return !a.weak && !b.weak && a.opaque === b.opaque;
}

/**
 * Evaluates `If-None-Match` for a representation that exists (RFC 9110 §13.1.2).
 * @returns whether the condition holds, so that the full answer is due; false means 304 for GET and HEAD.
 *   A malformed field counts as absent.
 */
export function ifNoneMatch(value: string, etag: string | null): boolean {
  const tags = parseEntityTags(value);
  if (tags === "*") return false;
  const current = etag === null ? undefined : parseEntityTag(etag);
  if (tags === undefined || current === undefined) return true;
  return !tags.some((tag) => matchesWeakly(tag, current));
}
