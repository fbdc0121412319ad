import * as z from "zod";
import type { Resolved } from "../../policies/policy.ts";
import { compile } from "../../references/render.ts";
import type { Template } from "../../references/template.ts";
import { template } from "../../schema/template.ts";
import type { Action } from "../action.ts";

/** Sends the client elsewhere. */
export interface RedirectOptions {
  /** Absolute URL, or a path that begins with `/`; may hold references below the authority. */
  readonly to: string;
  /** Default 308: permanent, method kept. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Append the request's query. Default false. */
  readonly keepQuery?: boolean;
}

/** @returns the schema of {@link RedirectOptions}. */
export function options() {
  const schema: z.ZodType<Compiled, RedirectOptions> = z.strictObject({
    // A reference in the authority would let the caller choose where the redirect leads.
    to: z
      .string()
      .regex(/^(https?:\/\/[^/{}?#\\]+(\/|$)|\/(?![/\\{]))/, "is an http(s) URL with a fixed host, or a path")
      .pipe(template()),
    status: z
      .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
      .default(308),
    keepQuery: z.boolean().default(false),
  });
  return schema;
}

interface Compiled {
  to: Template;
  status: number;
  keepQuery: boolean;
}

export function create({ to, status, keepQuery }: Resolved<Compiled>): Action {
  const target = compile(to as Template, "path");
  return (ctx) => {
    const location = target(ctx.scope());
    const query =
      keepQuery && ctx.search !== "" ? (location.includes("?") ? `&${ctx.search.slice(1)}` : ctx.search) : "";
    return new Response(null, { status, headers: { location: location + query } });
  };
}
