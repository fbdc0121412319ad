const encoder = new TextEncoder();

/**
 * What of a key is kept: the SHA-256 of all of it, in hex. A key is random throughout, so there is nothing that a slow
 * hash would protect. Whoever looks a hash up cannot be led to it digit by digit: a guess decides none of its digits.
 */
export async function hashKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(key));
  let hex = "";
  for (const byte of new Uint8Array(digest)) hex += byte.toString(16).padStart(2, "0");
  return hex;
}
