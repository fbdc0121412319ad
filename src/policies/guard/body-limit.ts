import type * as z from "zod";
import { refuse } from "../../errors/refusal.ts";
import { size } from "../../schema/size.ts";
import type { Policy, Resolved } from "../policy.ts";

/** The largest request body, such as `"1MB"`. */
export type BodyLimitOptions = string;

/** @returns the schema of {@link BodyLimitOptions}; it yields bytes. */
export function options() {
  const schema: z.ZodType<number, BodyLimitOptions> = size();
  return schema;
}

/**
 * Refuses by the declared length, so that nothing of a body is read. A body without a length is refused too:
 * counting it would mean a tap on every stream, and RFC 9110 §15.5.12 has an answer for it.
 */
export function create(limit: Resolved<number>): Policy {
  return {
    guard({ method, request }) {
      if (method === "GET" || method === "HEAD" || request.body === null) return undefined;
      const declared = request.headers.get("content-length");
      if (declared === null) return refuse("length-required");
      if (!/^\d+$/.test(declared))
        return refuse("malformed-header", { detail: "Content-Length is not a number." });
      return Number(declared) > limit
        ? refuse("body-too-large", { detail: `At most ${limit} bytes.` })
        : undefined;
    },
  };
}
