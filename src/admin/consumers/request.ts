import { RefusalError, refuse } from "../../errors/refusal.ts";
import { BoundedBody } from "../../http/body.ts";
import { isJson } from "../../http/media-type.ts";
import type { Act, PageQuery } from "../../stores/consumers/consumer-registry.ts";

/** Of a body, in bytes, unless told. */
const BODY_LIMIT = 100_000;
const MOST_ITEMS = 500;
const DEFAULT_ITEMS = 100;

/** What a call of the admin API holds beside its path. */
export interface AdminCall {
  readonly body: unknown;
  readonly act: Act;
}

/**
 * Reads a call that writes. An empty body is an empty object.
 * @param actor who calls
 * @param limit of the body, in bytes
 * @throws RefusalError that says what is wrong
 */
export async function readCall(
  request: Request,
  actor: string,
  at: number,
  limit = BODY_LIMIT,
): Promise<AdminCall> {
  const { headers, method, url } = request;
  const text = await new BoundedBody(request.body, limit, headers.get("content-length")).text();
  if (text !== "" && !isJson(headers.get("content-type") ?? "")) {
    throw new RefusalError(refuse("malformed-header", { detail: "Content-Type must be application/json." }));
  }
  const key = headers.get("idempotency-key");
  if (key === null) return { body: parsed(text), act: { actor, at } };
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    const detail = "Idempotency-Key is 1 to 255 visible ASCII characters.";
    throw new RefusalError(refuse("malformed-header", { detail }));
  }
  const fingerprint = await digest(`${method} ${new URL(url).pathname}\n${text}`);
  return { body: parsed(text), act: { actor, at, once: { key, fingerprint } } };
}

/**
 * The version that a change is about (RFC 9110 §13.1.1).
 * @throws RefusalError `precondition-required` where the caller names none: it could undo what another has done
 */
export function readVersion(headers: Headers): number {
  const field = headers.get("if-match");
  if (field === null) {
    throw new RefusalError(
      refuse("precondition-required", { detail: "Send If-Match with the consumer's ETag." }),
    );
  }
  const version = /^"(\d{1,15})"$/.exec(field)?.[1];
  if (version === undefined) {
    const detail = 'If-Match is one ETag of the consumer, such as "3".';
    throw new RefusalError(refuse("malformed-header", { detail }));
  }
  return Number(version);
}

/** The version of a thing as an entity tag. */
export function etag({ version }: { readonly version: number }): string {
  return `"${version}"`;
}

/**
 * Reads which part of a list is asked for: `limit` and `after`.
 * @param cursor what `after` looks like
 * @throws RefusalError `malformed-query`
 */
export function readPage(query: URLSearchParams, cursor: RegExp): PageQuery {
  const limit = Number(query.get("limit") ?? DEFAULT_ITEMS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ITEMS) {
    throw wrongQuery("limit", `is a whole number from 1 to ${MOST_ITEMS}`);
  }
  const after = query.get("after") ?? undefined;
  if (after !== undefined && !cursor.test(after)) throw wrongQuery("after", "is the next of the part before");
  return { limit, after };
}

function wrongQuery(field: string, what: string): RefusalError {
  return new RefusalError(refuse("malformed-query", { detail: `${field} ${what}.`, extensions: { field } }));
}

function parsed(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new RefusalError(refuse("malformed-body", { detail: "The body is no JSON." }));
  }
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
