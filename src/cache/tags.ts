/** What would end a tag within `Cache-Tag`, or not survive in a header field. */
const UNSAFE = /[^\x21-\x24\x26-\x2b\x2d-\x7e]/gu;

/** A tag as `Cache-Tag` takes it: anything but printable ASCII, and commas and percent signs, percent-encoded. */
export function encodeTag(tag: string): string {
  return tag.toWellFormed().replace(UNSAFE, encodeURIComponent);
}
