import * as z from "zod";
import type { RequestContext } from "../../context.ts";
import type { Policy, Resolved } from "../../policies/policy.ts";
import { duration } from "../../schema/duration.ts";

/** Who may read answers from a web page of another CORS origin (Fetch standard, "CORS protocol"). */
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

const ORIGIN = /^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/;

/** @returns the schema of {@link CorsOptions}. */
export function options() {
  const names = z.array(z.string().regex(/^[A-Za-z0-9-]+$/, "is a header name"));
  const origin = z
    .string()
    .regex(ORIGIN, 'is a CORS origin such as "https://shop.example", in lower case, without a path');
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
export function create(options: Resolved<Compiled>): Policy {
  const { origins, credentials, allowHeaders, exposeHeaders, maxAge } = options;
  const exact = new Set(origins === "*" ? [] : origins);
  // `https://*.shop.example` → scheme and the suffix that a name must end with.
  const wildcards = [...exact].flatMap((origin) => {
    const [scheme, suffix] = origin.split("*");
    return suffix === undefined ? [] : [[scheme!, suffix] as const];
  });
  const allowed = (origin: string): boolean =>
    exact.has(origin) || wildcards.some(([scheme, suffix]) => below(origin, scheme, suffix));

  return {
    finalise(ctx, headers) {
      for (const name of [...headers.keys()]) if (name.startsWith("access-control-")) headers.delete(name);
      if (origins === "*") headers.set("access-control-allow-origin", "*");
      else {
        // Said even where the origin is refused: a cache must not give the refusal to others.
        headers.append("vary", "Origin");
        const origin = ctx.request.headers.get("origin");
        if (origin === null || !allowed(origin)) return;
        headers.set("access-control-allow-origin", origin);
      }
      if (credentials) headers.set("access-control-allow-credentials", "true");
      if (isPreflight(ctx)) {
        // The gateway's own answer to OPTIONS lists what is declared for the path.
        headers.set("access-control-allow-methods", headers.get("allow") ?? "");
        headers.set("access-control-allow-headers", allowHeaders);
        headers.set("access-control-max-age", maxAge);
      } else if (exposeHeaders !== "") headers.set("access-control-expose-headers", exposeHeaders);
    },
  };
}

function isPreflight({ method, request }: RequestContext): boolean {
  return method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** `https://eu.shop.example` is below `https://*.shop.example`; `https://evil.example#.shop.example` is no origin. */
function below(origin: string, scheme: string, suffix: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false;
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(origin.slice(scheme.length, origin.length - suffix.length));
}
