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
 * Refuses by the declared length, so that nothing of a body is read. A body without one is counted where it is read
 * or sent on: there is no other way, and so no tap on the stream of a body that has one.
 */
export function create(limit: Resolved<number>): Policy {
  return {
    bodyLimit: limit,
    guard({ method, request }) {
      if (method === "GET" || method === "HEAD" || request.body === null) return undefined;
      const declared = request.headers.get("content-length");
      if (declared === null) return undefined;
      if (!/^\d+$/.test(declared))
        return refuse("malformed-header", { detail: "Content-Length is not a number." });
      return Number(declared) > limit
        ? refuse("body-too-large", { detail: `At most ${limit} bytes.` })
        : undefined;
    },
  };
}
