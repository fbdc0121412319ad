import { domainToASCII } from "node:url";
import * as z from "zod";
import { parseJsonPointer } from "../../match/json-pointer.ts";
import type { BodyTest, JsonScalar, Predicates } from "../../match/when.ts";
import { headerName } from "../../schema/header.ts";
import type { When } from "../define.ts";
import type { Findings } from "./finding.ts";
import { parse } from "./parse.ts";

/** `when` as the build has compiled it: the host for the tree of routes, the rest for the road. */
export interface CompiledWhen extends Predicates {
  /** Lower case and ASCII, as requests name it. */
  readonly host?: string;
}

/** RFC 1035 §2.3.4: labels of at most 63 characters. The underscore is what services are called by. */
const HOST = /^(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** What a URL parser would take for the end of a host, or drop. */
const NOT_IN_A_HOST = /[\s%/\\?#@:]/;

/** Schema of `when`. */
export function whenSchema(): z.ZodType<CompiledWhen, When> {
  return z.strictObject({
    host: host().optional(),
    header: presence(headerName()).transform(inLowerCase).optional(),
    query: presence(z.string()).optional(),
    cookie: presence(z.string()).optional(),
    content: z
      .string()
      .regex(/^[^/\s]+\/[^/\s]+$/, "is a media type such as application/json or image/*")
      .transform((type) => type.toLowerCase())
      .optional(),
    body: body().optional(),
  }) as z.ZodType<CompiledWhen, When>;
}

const schema = whenSchema();

/** Judges a route's `when` where it stands. @returns it compiled, or undefined where it is none */
export function checkWhen(when: unknown, method: string, findings: Findings): CompiledWhen | undefined {
  const compiled = parse(schema, when, findings);
  if (compiled?.body !== undefined && (method === "GET" || method === "HEAD")) {
    findings.at("body").add(`can never hold: nothing reads the body of a ${method}`);
  }
  return compiled;
}

/** A host comes in a request as ASCII (RFC 5891 §4.4); in a manifest it may be written as it is read. */
function host() {
  return z.string().transform((written, ctx) => {
    const star = written.startsWith("*.") ? "*." : "";
    const name = written.slice(star.length);
    const ascii = NOT_IN_A_HOST.test(name) ? "" : star + domainToASCII(name);
    if (HOST.test(ascii)) return ascii;
    ctx.addIssue({ code: "custom", message: "is a host name without a port, or *. and a host name" });
    return z.NEVER;
  });
}

function presence(name: z.ZodType<string, string>) {
  return z.record(name, z.union([z.string(), z.literal(true)]));
}

/** Names of header fields do not tell cases apart (RFC 9110 §5.1). */
function inLowerCase<Value>(fields: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
}

function body() {
  const wanted = z.union(
    [z.string(), z.number(), z.boolean(), z.null(), z.strictObject({ present: z.literal(true) })],
    "is a string, number, boolean or null that the field equals, or { present: true }",
  );
  const pointer = z
    .string()
    .refine((key) => parseJsonPointer(key) !== undefined, "is a JSON Pointer such as /order/type (RFC 6901)");
  return z
    .record(pointer, wanted)
    .refine((fields) => Object.keys(fields).length > 0, "names at least one field")
    .transform((fields) => Object.entries(fields).map(([key, value]) => compileTest(key, value)));
}

function compileTest(pointer: string, wanted: JsonScalar | { readonly present: true }): BodyTest {
  const path = parseJsonPointer(pointer)!;
  return typeof wanted === "object" && wanted !== null ? [path] : [path, wanted];
}
