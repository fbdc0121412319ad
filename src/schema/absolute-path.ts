import * as z from "zod";

/** What a path is written with (RFC 3986 §3.3), without a query. */
const PATH = /^\/(?:[\w.~!$&'()*+,;=:@/-]|%[\dA-Fa-f]{2})*$/;

/** Schema of a fixed path at an upstream, such as `/v1/data/shop/allow`. */
export function absolutePath(): z.ZodType<string, string> {
  return z.string().regex(PATH, "is no path: it begins with a slash and has no query");
}
