import * as z from "zod";
import type { Resolved } from "../../policies/policy.ts";
import { compileTarget } from "../../references/target.ts";
import type { Template } from "../../references/template.ts";
import { template } from "../../schema/template.ts";
import type { Action } from "../action.ts";

/** Sends the client elsewhere. */
export interface RedirectOptions {
  /** Absolute URL, or a path that begins with `/`; may hold references below the authority. No fragment. */
  readonly to: string;
  /** Default 308: permanent, method kept. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Append the request's query. Default false. */
  readonly keepQuery?: boolean;
}

interface Compiled {
  to: Template;
  status: number;
  keepQuery: boolean;
}

/** A reference in the authority would let the caller choose where the redirect leads. */
const FIXED_HOST = /^(?:https?:\/\/[^/{}?#@\\]+(?:\/|$)|\/(?![/\\{]))/;
/** Browsers take `\` for `/`, and drop tabs and line breaks before they look for an authority. */
const PLAIN = /^[\x21\x22\x24-\x5b\x5d-\x7e]*$/;

/** @returns the schema of {@link RedirectOptions}. */
export function options() {
  const schema: z.ZodType<Compiled, RedirectOptions> = z.strictObject({
    to: z
      .string()
      .regex(PLAIN, "holds white space, a backslash, a fragment or a character that must be percent-encoded")
      .regex(FIXED_HOST, "is an http(s) URL with a fixed host, or a path")
      .refine((to) => to.startsWith("/") || URL.canParse(to), "is no URL")
      .pipe(template()),
    status: z.literal([301, 302, 303, 307, 308]).default(308),
    keepQuery: z.boolean().default(false),
  });
  return schema;
}

export function create({ to, status, keepQuery }: Resolved<Compiled>): Action {
  const target = compileTarget(to as Template);
  return (ctx) => {
    const { path, search } = target(ctx.scope());
    const kept =
      !keepQuery || ctx.search === "" ? "" : search === "" ? ctx.search : `&${ctx.search.slice(1)}`;
    return new Response(null, { status, headers: { location: path + search + kept } });
  };
}
