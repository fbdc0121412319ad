import { REDACTED, redactorOf } from "./redact.ts";
import type { Field } from "./traced.ts";

/** A request that is to be explained. */
export interface Asked {
  readonly method: string;
  /** Absolute, as it would stand on the wire: nothing of it is resolved or encoded. */
  readonly url: string;
  readonly headers: readonly Field[];
  readonly body?: string;
}

/** Reads what somebody sent as {@link Asked}. @returns what is wrong with it, as a sentence, where something is */
export function readAsked(value: unknown): Asked | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "Send an object.";
  const { method, url, headers = [], body, ...rest } = value as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `"${unknown}" is not known: send method, url, headers and body.`;
  if (typeof method !== "string") return "`method` must be a string.";
  if (typeof url !== "string" || !/^https?:\/\/[^/]+\//.test(url)) {
    return "`url` must be an absolute http(s) URL with a path.";
  }
  if (!Array.isArray(headers) || !headers.every(isField)) return "`headers` must be a list of [name, value].";
  if (headers.some(([name]) => name!.toLowerCase() === "upgrade")) {
    return "A WebSocket cannot be opened for an explanation.";
  }
  if (body !== undefined && typeof body !== "string") return "`body` must be a string.";
  return { method, url, headers, ...(body !== undefined && { body }) };
}

function isField(value: unknown): value is Field {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}

/**
 * The request as the gateway would be given it.
 * @param address of the client, where the request itself names none in `CF-Connecting-IP`
 * @returns why it cannot be sent, as a sentence, where it cannot
 */
export function requestOf({ method, url, headers: fields, body }: Asked, address: string): Request | string {
  try {
    const headers = new Headers();
    for (const [name, value] of fields) {
      if (!isSendable(value))
        return `No such request can be sent: the value of ${name} holds what no field may.`;
      headers.append(name, value);
    }
    if (!headers.has("cf-connecting-ip")) headers.set("cf-connecting-ip", address);
    if (body !== undefined && !headers.has("content-length")) {
      headers.set("content-length", String(new TextEncoder().encode(body).byteLength));
    }
    const request = new Request(url, { method, headers, ...(body !== undefined && { body }) });
    // A Request made here has its URL resolved, which would hide what a client really sends.
    return Object.defineProperty(request, "url", { value: url });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Under which names credentials travel is not known here, so nothing of a query is repeated.
    const shown = redactorOf().url(message.replace(/\?\S+/g, `?${REDACTED}`));
    return `No such request can be sent: ${shown}`;
  }
}

/** RFC 9110 §5.5, judged here because the platform's message would repeat the value, which may be a credential. */
function isSendable(value: string): boolean {
  return !/[\0\r\n]|[^\0-\xff]/.test(value);
}
