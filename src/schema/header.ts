import * as z from "zod";
import { isHopByHop } from "../http/hop-by-hop.ts";
import type { Template } from "../references/template.ts";
import { template } from "./template.ts";

/** RFC 9110 §5.1. */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** RFC 9110 §5.5, ASCII only: anything else reads differently from one server to the next. */
const VALUE = /^[\t\x20-\x7e]*$/;
const HOW = "holds a character that a header cannot: write visible ASCII";
const PER_CONNECTION = ["content-length", "host"];

/** Schema of the name of a header field. */
export function headerName(): z.ZodType<string, string> {
  return z.string().regex(NAME, "is no header name");
}

/** Schema of the name of a header field that a manifest may set. */
export function settableHeaderName(): z.ZodType<string, string> {
  return headerName().refine((name) => {
    const lower = name.toLowerCase();
    return !isHopByHop(lower) && !PER_CONNECTION.includes(lower);
  }, "is made for each connection and cannot be set");
}

/** Schema of a header field's value. */
export function headerValue(): z.ZodType<string, string> {
  return z.string().regex(VALUE, HOW);
}

/** Schema of a header field's value with `{references}`; what they stand for is judged when it is known. */
export function headerTemplate(): z.ZodType<Template, string> {
  return template().refine(
    ({ template: parts }) => parts.every((part) => typeof part !== "string" || VALUE.test(part)),
    HOW,
  );
}
