/** Codings that the runtime takes off when a body is read, and puts on again when it is sent. */
const DECODED = /^\s*(?:gzip|br)\s*$/i;

/** Whether reading a body gives its content and not the bytes that came (RFC 9110 §8.4). */
export function isDecodedOnRead(headers: Headers): boolean {
  const coding = headers.get("content-encoding");
  return coding !== null && DECODED.test(coding);
}

/**
 * Makes the header fields of a coded response those of its content. What was a strong validator of the coded bytes is
 * a weak one of these (RFC 9110 §8.8.3.3), and parts of them cannot be had.
 */
export function takeOffCoding(headers: Headers): void {
  for (const name of ["accept-ranges", "content-encoding", "content-length"]) headers.delete(name);
  const etag = headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
}
