import { RefusalError, refuse } from "../errors/refusal.ts";
import { BoundedBody } from "../http/body.ts";
import type { Outbound } from "./presenter.ts";

/**
 * The bytes of a body that is about to leave, for who signs them; it leaves as these bytes then.
 * @param limit in bytes
 * @throws RefusalError `body-too-large` or `malformed-body`
 */
export async function bytesOf(outbound: Outbound, limit: number): Promise<Uint8Array> {
  const { body, headers } = outbound;
  if (body === null || body === undefined) return new Uint8Array();
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  if (!(body instanceof ReadableStream)) {
    throw new RefusalError(refuse("internal-error", { cause: "a body of a kind that cannot be signed" }));
  }
  const bytes = await new BoundedBody(body, limit, headers.get("content-length")).bytes();
  outbound.body = bytes;
  return bytes;
}

/** Lower-case hexadecimal. */
export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
