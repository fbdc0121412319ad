import * as z from "zod";
import { BODILESS } from "../../http/bodiless.ts";
import { headerValue, settableHeaderName } from "../../schema/header.ts";
import type { Json } from "../../schema/json.ts";
import { type FileContent, type ManifestFile, manifestFile } from "../../schema/manifest-file.ts";
import { mediaTypeOf } from "./media-type.ts";
import { isSchemaObject, type SchemaObject } from "./sample/json-schema.ts";
import { type Sampled, type SampleSource, sampleOf } from "./sample/sample.ts";

/** A fixed answer. Its body comes from one of `json`, `text`, `file` and `schema`, or there is none. */
export interface AnswerOptions {
  /** 200 to 599. Default 200, or 204 without a body. */
  readonly status?: number;
  /** A `Content-Type` here is sent in place of the one that the body has by itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/json`. */
  readonly json?: Json;
  /** Sent as `text/plain`. */
  readonly text?: string;
  /**
   * A file of at most 1 MB below the manifest's folder, such as `"./mocks/product.json"`, from where the path is
   * written. It is read at build, and its name's ending tells the media type.
   */
  readonly file?: string;
  /**
   * A JSON Schema (draft 2020-12, as in OpenAPI 3.1) or a zod schema. The body is made at build, always the same:
   * from the schema's `example`, `examples` or `default`, those of its parts, and else from types, formats and bounds.
   */
  readonly schema?: SchemaObject | z.core.$ZodType;
  /** With `schema`: only what its author gives as `example`, or only what is `generated`. */
  readonly from?: SampleSource;
}

/** An answer as the build proved it. */
export interface CompiledAnswer {
  status: number;
  headers: Array<[name: string, value: string]>;
  body: string | ManifestFile | null;
}

/** An answer as the Worker gets it: files are their contents. */
export interface LoadedAnswer extends Omit<CompiledAnswer, "body"> {
  readonly body: FileContent | null;
}

/** What {@link AnswerOptions} may hold; {@link compileAnswer} looks at it as a whole. */
export function answerShape() {
  return {
    status: z.number().int().min(200).max(599).optional(),
    headers: z.record(settableHeaderName(), headerValue()).optional(),
    json: z.json().optional(),
    text: z.string().optional(),
    file: manifestFile().optional(),
    schema: z
      .custom<SchemaObject | z.core.$ZodType>(isSchemaObject, "is a JSON Schema object, or a zod schema")
      .optional(),
    from: z.enum(["example", "generated"]).optional(),
  };
}

type Written = z.output<z.ZodObject<ReturnType<typeof answerShape>>>;
/** Where mistakes are reported. */
type Context = Pick<z.RefinementCtx, "addIssue">;

/** Makes an answer's status, headers and body of what is written. */
export function compileAnswer({ status, headers, ...written }: Written, ctx: Context): CompiledAnswer {
  const sources = (["json", "text", "file", "schema"] as const).filter((name) => written[name] !== undefined);
  const report = (message: string, ...path: string[]) => ctx.addIssue({ code: "custom", message, path });
  if (sources.length > 1) report(`takes its body from one of ${sources.join(" and ")}, not from both`);
  if (written.from !== undefined && written.schema === undefined) report("goes with `schema`", "from");
  if (BODILESS.includes(status ?? 200) && sources.length > 0) {
    report("an answer of this status has no body (RFC 9110 §15)");
  }
  const { type, body } = bodyOf(written, report);
  const named = new Headers(headers);
  if (body !== null && !named.has("content-type")) {
    if (type !== undefined) named.set("content-type", type);
    else report("has an ending that tells no media type: write a content-type in `headers`", "file");
  }
  return { status: status ?? (body === null ? 204 : 200), headers: [...named], body };
}

type Report = (message: string, ...path: string[]) => void;

function bodyOf(
  { json, text, file, schema, from }: Omit<Written, "status" | "headers">,
  report: Report,
): { readonly type?: string | undefined; readonly body: CompiledAnswer["body"] } {
  if (json !== undefined) return { type: "application/json", body: JSON.stringify(json) };
  if (text !== undefined) return { type: "text/plain; charset=utf-8", body: text };
  if (file !== undefined) return { type: mediaTypeOf(file.path), body: file };
  if (schema === undefined) return { body: null };
  const sampled = sampleOfEither(schema, from);
  if ("reason" in sampled) report(`gives no ${from ?? "value"}: ${sampled.reason}`, "schema");
  return { type: "application/json", body: "value" in sampled ? JSON.stringify(sampled.value) : "" };
}

function sampleOfEither(schema: SchemaObject | z.core.$ZodType, from: SampleSource | undefined): Sampled {
  if (!isZod(schema)) return sampleOf(schema, from);
  try {
    return sampleOfZod(schema, from);
  } catch (error) {
    // A schema of dates, or one that is checked asynchronously.
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A zod schema says more than JSON Schema can, so it has the last word. */
function sampleOfZod(schema: z.core.$ZodType, from: SampleSource | undefined): Sampled {
  // The input is what stands on the wire; the output is what a client makes of it.
  const sampled = sampleOf(z.toJSONSchema(schema, { io: "input" }) as SchemaObject, from);
  if ("reason" in sampled) return sampled;
  const [issue] = z.safeParse(schema, sampled.value).error?.issues ?? [];
  if (issue === undefined) return sampled;
  const at = issue.path.length === 0 ? "" : `\`${issue.path.join(".")}\`: `;
  return { reason: `the value that it gives does not fit it: ${at}${issue.message}` };
}

function isZod(schema: object): schema is z.core.$ZodType {
  return "_zod" in schema;
}
