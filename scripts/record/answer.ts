import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { isHopByHop, nominated } from "../../src/http/hop-by-hop.ts";
import type { RecordedAnswer } from "../../src/upstream/recorded/recording.ts";
import { type Field, type Secrets, withoutValues } from "./secrets.ts";

/** In bytes: a recording becomes part of the Worker, and is read by people. */
export const LARGEST_BODY = 1_000_000;

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly fields: readonly Field[];
  /** Undefined where there is more of it than is recorded. */
  readonly body: Buffer | undefined;
}

/** Differs from one answer to the next without saying anything of it. */
const VOLATILE: ReadonlySet<string> = new Set([
  ...[
    "age",
    "alt-svc",
    "cf-ray",
    "content-encoding",
    "content-length",
    "date",
    "nel",
    "report-to",
    "server-timing",
  ],
  ...["traceparent", "tracestate", "x-amz-cf-id", "x-amzn-requestid", "x-amzn-trace-id", "x-correlation-id"],
  ...["x-request-id"],
]);
/** What `recorded()` can send, as the schema of recordings has it. */
const ASCII = /^[\t\x20-\x7e]*$/;
const DECODERS = new Map<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer>([
  ["br", brotliDecompressSync],
  ["deflate", inflateSync],
  ["gzip", gunzipSync],
  ["identity", (body) => body],
  ["x-gzip", gunzipSync],
  ["zstd", zstdDecompressSync],
]);

/** What is recorded of an answer, or why nothing is. @param values the exchange's secret values */
export function recordAnswer(
  { status, fields, body }: WireAnswer,
  secrets: Secrets,
  values: readonly string[],
): RecordedAnswer | { readonly reason: string } {
  if (status < 200 || status > 599) return { reason: `the status ${status} means nothing` };
  if (body === undefined) return { reason: `its body is larger than ${LARGEST_BODY} bytes` };
  const coding = fieldValue(fields, "content-encoding") ?? "identity";
  const bytes = decode(body, coding);
  if (bytes === undefined) return { reason: `its content-encoding ${coding} cannot be read` };
  // Byte for byte: secrets may stand in what is no text, too.
  const clean = Buffer.from(withoutValues(bytes.toString("latin1"), values.map(asLatin1)), "latin1");
  return { status, headers: recordHeaders(fields, secrets, values), ...recordBody(clean, secrets) };
}

/** All values of a field, as one. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  const values = fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

function decode(body: Buffer, coding: string): Buffer | undefined {
  if (body.length === 0) return body;
  try {
    return DECODERS.get(coding.toLowerCase())?.(body, { maxOutputLength: LARGEST_BODY });
  } catch {
    return undefined;
  }
}

/** How UTF-8 text looks to whoever takes each byte for a character. */
function asLatin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function recordHeaders(
  fields: readonly Field[],
  secrets: Secrets,
  values: readonly string[],
): Record<string, string> {
  const perConnection = nominated(fieldValue(fields, "connection") ?? null);
  const names = [...new Set(fields.map(([name]) => name.toLowerCase()))].filter(
    (name) =>
      !isHopByHop(name) && !perConnection.includes(name) && !VOLATILE.has(name) && !secrets.isSecret(name),
  );
  const kept = names
    .sort()
    .map(
      (name) =>
        [name, withoutValues(secrets.withoutParameters(fieldValue(fields, name) ?? ""), values)] as const,
    );
  return Object.fromEntries(kept.filter(([, value]) => ASCII.test(value)));
}

function recordBody(bytes: Buffer, secrets: Secrets): Pick<RecordedAnswer, "json" | "text" | "base64"> {
  if (bytes.length === 0) return {};
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) return { base64: bytes.toString("base64") };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { text };
  }
  const redacted = secrets.withoutMembers(json);
  if (redacted !== undefined) return { json: redacted };
  // Readable, where that is the same body byte for byte.
  return JSON.stringify(json) === text ? { json } : { text };
}
