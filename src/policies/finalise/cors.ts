import * as z from "zod";
import type { RequestContext } from "../../context.ts";
import { webOriginTest } from "../../http/web-origin.ts";
import { METHODS } from "../../match/pattern.ts";
import { duration } from "../../schema/duration.ts";
import { headerName } from "../../schema/header.ts";
import { webOrigins } from "../../schema/web-origin.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

/**
 * Who may read answers from a web page of another CORS origin (Fetch standard, "CORS protocol"). It says nothing of
 * WebSockets: which pages may open one is for the `origins` of `websocket`.
 */
export interface CorsOptions {
  /**
   * Exact CORS origins such as `https://shop.example`, `https://*.shop.example` for every name below, or `"*"`
   * for any. `"*"` cannot be joined with `credentials`.
   */
  readonly origins: "*" | readonly string[];
  /** Whether cookies and client certificates may be sent. Default false. */
  readonly credentials?: boolean;
  /** Request headers beyond the safe-listed ones. Default `authorization`, `content-type`. */
  readonly allowHeaders?: readonly string[];
  /** Answer headers that scripts may read. Default: none beyond the safe-listed ones. */
  readonly exposeHeaders?: readonly string[];
  /** How long a preflight's answer may be kept. Default `"10m"`. */
  readonly maxAge?: string;
}

interface Compiled {
  origins: "*" | string[];
  credentials: boolean;
  allowHeaders: string;
  exposeHeaders: string;
  maxAge: string;
}

/** Methods of a route that takes them all. */
const ALL = METHODS.filter((method) => method !== "ANY").join(", ");
const VARIES = /(?:^|,)\s*(?:\*|origin)\s*(?:,|$)/i;

/** @returns the schema of {@link CorsOptions}. */
export function options() {
  const names = z.array(headerName());
  const schema: z.ZodType<Compiled, CorsOptions> = z
    .strictObject({
      origins: webOrigins(),
      credentials: z.boolean().default(false),
      allowHeaders: names.default(["authorization", "content-type"]),
      exposeHeaders: names.default([]),
      maxAge: duration({ max: "1d" }).prefault("10m"),
    })
    .refine(
      ({ origins, credentials }) => origins !== "*" || !credentials,
      'origins: "*" with credentials would let every site act as the user; list the origins',
    )
    .transform(({ allowHeaders, exposeHeaders, maxAge, origins, credentials }) => ({
      origins: origins === "*" ? origins : [...origins],
      credentials,
      allowHeaders: allowHeaders.join(", "),
      exposeHeaders: exposeHeaders.join(", "),
      maxAge: String(Math.floor(maxAge / 1000)),
    }));
  return schema;
}

/** An upstream's own CORS headers are replaced: the manifest decides. */
export function create(options: Resolved<Compiled>, { route }: Pick<Tools, "route">): Policy {
  const { origins, credentials, allowHeaders, exposeHeaders, maxAge } = options;
  const allowed = webOriginTest(origins);

  return {
    // A preflight has no credentials, so a route for every method must not take it for one of its own requests.
    ...(route.method === "ANY" && {
      guard: (ctx: RequestContext) =>
        isPreflight(ctx) ? new Response(null, { status: 204, headers: { allow: ALL } }) : undefined,
    }),
    finalise(ctx, headers) {
      for (const name of [...headers.keys()]) if (name.startsWith("access-control-")) headers.delete(name);
      if (origins === "*") headers.set("access-control-allow-origin", "*");
      else {
        // Said even where the origin is refused: a cache must not give the refusal to others.
        if (!VARIES.test(headers.get("vary") ?? "")) headers.append("vary", "Origin");
        const origin = ctx.request.headers.get("origin");
        if (origin === null || !allowed(origin)) return;
        headers.set("access-control-allow-origin", origin);
      }
      if (credentials) headers.set("access-control-allow-credentials", "true");
      const asked = ctx.request.headers.get("access-control-request-method");
      if (ctx.method === "OPTIONS" && asked !== null) {
        // The gateway's own answer to OPTIONS lists what is declared for the path; a route's may list nothing.
        headers.set("access-control-allow-methods", headers.get("allow") ?? asked);
        headers.set("access-control-allow-headers", allowHeaders);
        headers.set("access-control-max-age", maxAge);
      } else if (exposeHeaders !== "") headers.set("access-control-expose-headers", exposeHeaders);
    },
  };
}

function isPreflight({ method, request }: RequestContext): boolean {
  return method === "OPTIONS" && request.headers.has("access-control-request-method");
}
