import * as z from "zod";
import { BODILESS } from "../../http/bodiless.ts";
import { headerName, headerValue } from "../../schema/header.ts";
import type { RecordedExchange, Recording } from "./recording.ts";

/** Schema of a recording's file. Build only. */
export function recordingSchema() {
  const schema: z.ZodType<Recording> = z.strictObject({
    version: z.literal(1, "is a recording of another version: record it again"),
    origin: z.string(),
    redacted: z.array(z.string()),
    exchanges: z.array(exchangeSchema()),
  });
  return schema;
}

function exchangeSchema() {
  const answer = z
    .strictObject({
      status: z.number().int().min(200).max(599),
      headers: z.record(headerName(), headerValue()),
      json: z.unknown().optional(),
      text: z.string().optional(),
      base64: z.base64().optional(),
    })
    .refine(
      ({ status, json, text, base64 }) =>
        [json, text, base64].filter((body) => body !== undefined).length <=
        (BODILESS.includes(status) ? 0 : 1),
      "has one body: json, text or base64; with 204, 205 and 304 it has none",
    );
  const schema: z.ZodType<RecordedExchange> = z.strictObject({
    method: z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "is no method"),
    target: z
      .string()
      .startsWith("/")
      .refine((target) => URL.canParse(`http://recorded${target}`), "is no path and query"),
    body: z
      .string()
      .regex(/^sha256-[\da-f]{64}$/, "is no digest")
      .optional(),
    vary: z.record(headerName(), headerValue().nullable()).optional(),
    answers: z.array(answer).min(1),
  });
  return schema;
}
