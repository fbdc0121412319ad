import type { Countable, KeyPart } from "./limit-key.ts";

/** The longest value, in characters, that stands in a key as it is. */
const LONGEST_VALUE = 128;

const encoder = new TextEncoder();

/**
 * The key of the counter for this request: the limit's prefix, then each part as `length:value` (a netstring,
 * so that no caller can make two parts read like other parts), `#digest` for what is long or may be a credential,
 * or `-` for what the request does not have. A caller without the value is counted with all others without it,
 * never let through uncounted.
 * @returns a promise only when something must be digested.
 */
export function counterKey(
  prefix: string,
  parts: readonly KeyPart[],
  ctx: Countable,
): string | Promise<string> {
  return appendFrom(0, prefix, parts, ctx);
}

function appendFrom(
  start: number,
  prefix: string,
  parts: readonly KeyPart[],
  ctx: Countable,
): string | Promise<string> {
  let key = prefix;
  for (let index = start; index < parts.length; index++) {
    const { confidential, read } = parts[index]!;
    const value = read(ctx);
    if (value === undefined) key += "-";
    else if (confidential || value.length > LONGEST_VALUE) {
      return digest(value).then((hash) => appendFrom(index + 1, `${key}#${hash}`, parts, ctx));
    } else key += `${value.length}:${value}`;
  }
  return key;
}

/** The first 128 bits of the SHA-256, in hex: enough that nobody finds a value that counts as another's. */
async function digest(value: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(value)), 0, 16);
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
