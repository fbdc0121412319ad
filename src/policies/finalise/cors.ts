import * as z from "zod";
import type { RequestContext } from "../../context.ts";
import { refuse } from "../../errors/refusal.ts";
import { METHODS } from "../../match/pattern.ts";
import { duration } from "../../schema/duration.ts";
import { headerName } from "../../schema/header.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

/**
 * Who may read answers from a web page of another CORS origin (Fetch standard, "CORS protocol"). On a WebSocket
 * route, which pages may open one: others are refused.
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
const ORIGIN = /^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/;

/** @returns the schema of {@link CorsOptions}. */
export function options() {
  const names = z.array(headerName());
  const origin = z
    .string()
    .regex(ORIGIN, 'is a CORS origin such as "https://shop.example", in lower case, without a path')
    .refine(isSerialised, "is not how browsers write it: leave the scheme's own port out");
  const schema: z.ZodType<Compiled, CorsOptions> = z
    .strictObject({
      origins: z.union([z.literal("*"), z.array(origin).min(1)]),
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
  const exact = new Set<string>();
  // `https://*.shop.example` → scheme and the suffix that a name must end with.
  const wildcards: Array<readonly [scheme: string, suffix: string]> = [];
  for (const origin of origins === "*" ? [] : origins) {
    const [scheme, suffix] = origin.split("*");
    if (suffix === undefined) exact.add(origin);
    else wildcards.push([scheme!, suffix]);
  }
  const allowed = (origin: string): boolean =>
    exact.has(origin) || wildcards.some(([scheme, suffix]) => below(origin, scheme, suffix));

  return {
    guard(ctx) {
      // A preflight has no credentials, so a route for every method must not take it for one of its own requests.
      if (route.method === "ANY" && isPreflight(ctx)) {
        return new Response(null, { status: 204, headers: { allow: ALL } });
      }
      // Browsers let any page open a WebSocket and leave it to the server to look at its origin (RFC 6455 §10.2).
      if (!ctx.plan.websocket || origins === "*") return undefined;
      const origin = ctx.request.headers.get("origin");
      return origin === null || allowed(origin) ? undefined : refuse("origin-not-allowed");
    },
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

/** Whether a request could have this origin: the scheme's own port is never written (RFC 6454 §6.2). */
function isSerialised(origin: string): boolean {
  const name = origin.replace("*.", "");
  return !URL.canParse(name) || new URL(name).origin === name;
}

function isPreflight({ method, request }: RequestContext): boolean {
  return method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** `https://eu.shop.example` is below `https://*.shop.example`; `https://evil.example#.shop.example` is no origin. */
function below(origin: string, scheme: string, suffix: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false;
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(origin.slice(scheme.length, origin.length - suffix.length));
}
