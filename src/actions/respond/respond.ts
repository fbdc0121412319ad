import * as z from "zod";
import type { Resolved } from "../../policies/policy.ts";
import { headerValue, settableHeaderName } from "../../schema/header.ts";
import type { Json } from "../../schema/json.ts";
import type { Action } from "../action.ts";

/** A fixed answer. */
export interface RespondOptions {
  /** 200 to 599. Default 200, or 204 without a body. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/json`. */
  readonly json?: Json;
  /** Sent as `text/plain`, unless `headers` says otherwise. Not together with `json`. */
  readonly text?: string;
}

const BODILESS: readonly number[] = [204, 205, 304];

/** @returns the schema of {@link RespondOptions}; the body is serialised at build. */
export function options() {
  const schema: z.ZodType<Compiled, RespondOptions> = z
    .strictObject({
      status: z.number().int().min(200).max(599).optional(),
      headers: z.record(settableHeaderName(), headerValue()).optional(),
      json: z.json().optional(),
      text: z.string().optional(),
    })
    .refine(({ json, text }) => json === undefined || text === undefined, "takes json or text, not both")
    .refine(
      ({ status = 200, json, text }) => !BODILESS.includes(status) || (json ?? text) === undefined,
      "an answer of this status has no body (RFC 9110 §15)",
    )
    .transform(({ status, headers, json, text }) => {
      const body = json === undefined ? (text ?? null) : JSON.stringify(json);
      const type = json === undefined ? "text/plain; charset=utf-8" : "application/json";
      const named = new Headers(headers);
      if (body !== null && !named.has("content-type")) named.set("content-type", type);
      return { status: status ?? (body === null ? 204 : 200), headers: [...named], body };
    });
  return schema;
}

interface Compiled {
  status: number;
  headers: Array<[string, string]>;
  body: string | null;
}

export function create({ status, headers, body }: Resolved<Compiled>): Action {
  // Made once: a Headers object is copied natively, pairs would be converted one by one on every answer.
  const fields = new Headers(headers.map(([name, value]): [string, string] => [name!, value!]));
  return () => new Response(body, { status, headers: fields });
}
