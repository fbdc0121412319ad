import type { RequestContext } from "../../context.ts";
import { Refusal } from "../../errors/refusal.ts";
import { splitTarget } from "../../match/target.ts";
import { toHex } from "./encodings.ts";
import { MAC_HASHES, type MacHash } from "./mac.ts";

/** What of a request is signed beside itself. */
export interface Signed {
  readonly hash: MacHash;
  readonly key: string;
  readonly timestamp: string;
  readonly nonce: string;
  /** Names of the header fields that are covered, in their order. Lower case. */
  readonly headers: readonly string[];
}

/**
 * The text that the `hmac` credential signs: lines with a line feed between them, and none after the last:
 * `HMAC-SHA256`, the key's id, the timestamp, the nonce (or nothing), the method, the path as it is sent, the query
 * as it is sent without its `?` (or nothing), `name:value` of each covered header field, and the body's digest in hex.
 * No part holds a line feed and there are always as many, so that no two requests have one text.
 * @returns the reason, where the request lacks what is covered
 */
export async function canonicalRequest(
  { request, method }: Pick<RequestContext, "request" | "method">,
  body: Uint8Array,
  { hash, key, timestamp, nonce, headers }: Signed,
): Promise<{ readonly text: string } | { readonly fault: string }> {
  const target = splitTarget(request.url);
  if (target instanceof Refusal) return { fault: "the request's target is malformed" };
  const fields: string[] = [];
  for (const name of headers) {
    const value = request.headers.get(name);
    if (value === null) return { fault: `the covered header ${name} is missing` };
    fields.push(`${name}:${value}`);
  }
  const digest = toHex(await crypto.subtle.digest(MAC_HASHES[hash], body));
  const { rawPath, search } = target;
  const lines = [
    `HMAC-${hash.toUpperCase()}`,
    key,
    timestamp,
    nonce,
    method,
    rawPath,
    search.slice(1),
    ...fields,
    digest,
  ];
  return { text: lines.join("\n") };
}
