import * as z from "zod";
import { formatCacheStatus } from "../../cache/cache-status.ts";
import { identityKey, primaryKey } from "../../cache/key.ts";
import { pickSearch, sortSearch } from "../../cache/search.ts";
import { CacheServer } from "../../cache/serve.ts";
import { encodeTag } from "../../cache/tags.ts";
import type { KeyedContext, RequestContext } from "../../context.ts";
import { keyedContext, privateContext } from "../../keyed.ts";
import { compile } from "../../references/render.ts";
import type { Template } from "../../references/template.ts";
import { duration } from "../../schema/duration.ts";
import { template } from "../../schema/template.ts";
import type { Policy, Proceed, Resolved, RouteFacts, Tools } from "../policy.ts";

/**
 * Stores the route's answers and gives them to later callers (RFC 9111). The origin of a cached route is sent
 * nothing of the caller but `Accept`, `Accept-Language` and what `key` names: no cookies, no credentials.
 * A client's `Cache-Control` and `Pragma` are ignored: callers cannot push an answer out of the cache.
 */
export interface CacheOptions {
  /**
   * How long an answer is fresh, such as `"1m"`, in place of what its origin says; or `"origin"`, the default:
   * `CDN-Cache-Control`, else `s-maxage`, `max-age`, `Expires`, and nothing is stored where they are absent.
   * Either way `no-store` and `private` are obeyed, an answer with `Set-Cookie` or over 5 MB is never stored, and
   * errors only when their origin says for how long.
   */
  readonly ttl?: string;
  /** How much longer it is served while a new one is fetched after the answer (RFC 5861). Default: the origin's. */
  readonly staleWhileRevalidate?: string;
  /** How much longer it is served where the upstream fails (RFC 5861). Default: the origin's. */
  readonly staleIfError?: string;
  /** What tells answers apart, beside scheme, host and path. */
  readonly key?: {
    /** Query parameters; the origin is sent no others. Default: all of them, in any order. */
    readonly query?: readonly string[];
    /** Request header fields, which the origin is sent too. Default: none. */
    readonly headers?: readonly string[];
    /** Each identity has answers of its own, `private` ones included. Default: false. */
    readonly identity?: boolean;
  };
  /** The answers of a route that authenticates are the same for every caller it lets in. Default: false. */
  readonly public?: boolean;
  /** Names of what an answer shows, with references, such as `"product:{params.id}"`; kept with the stored answer. */
  readonly tags?: readonly string[];
}

interface CacheSettings {
  ttl: number | "origin";
  staleWhileRevalidate?: number | undefined;
  staleIfError?: number | undefined;
  key: { query?: readonly string[] | undefined; headers: readonly string[]; identity: boolean };
  public: boolean;
  tags: readonly Template[];
}

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What a shared answer must not depend on, or what only one hop, or the cache itself, may say. */
const NEVER_IN_A_KEY = new Set([
  "authorization",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "proxy-authorization",
  "range",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** @returns the schema of {@link CacheOptions}. */
export function options() {
  const headerName = z
    .string()
    .regex(FIELD_NAME, "is not a header field name")
    .transform((name) => name.toLowerCase())
    .refine((name) => !NEVER_IN_A_KEY.has(name), "cannot be part of a cache key");
  const schema: z.ZodType<CacheSettings, CacheOptions> = z.strictObject({
    ttl: ttl().default("origin"),
    staleWhileRevalidate: duration().optional(),
    staleIfError: duration().optional(),
    key: z
      .strictObject({
        query: z.array(z.string().min(1)).readonly().optional(),
        headers: z.array(headerName).readonly().default([]),
        identity: z.boolean().default(false),
      })
      .prefault({}),
    public: z.boolean().default(false),
    tags: z.array(template()).readonly().default([]),
  });
  return schema;
}

function ttl() {
  const lifetime = duration({ min: "1s" });
  return z.string().transform((text, ctx): number | "origin" => {
    if (text === "origin") return text;
    const parsed = lifetime.safeParse(text);
    if (parsed.success) return parsed.data;
    for (const { message } of parsed.error.issues) ctx.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/** Methods whose answers are cached: a group's `cache` passes over its other routes. */
export const methods = ["GET", "HEAD"];

/**
 * What is wrong with caching a route like this. Checked at build; a route that slipped through is not cached at all.
 */
export function check(
  { key, public: shared }: Pick<CacheOptions, "key" | "public">,
  route: Pick<RouteFacts, "method" | "authenticates">,
): string[] {
  const wrong: string[] = [];
  if (!methods.includes(route.method)) {
    wrong.push(`answers to ${route.method} are not cached: only a GET route takes "cache"`);
  }
  if (route.authenticates && !key?.identity && !shared) {
    wrong.push(
      "the route authenticates, so its answers may be for one caller alone: say `key: { identity: true }` " +
        "to keep them apart, or `public: true` if they are the same for everybody it lets in",
    );
  }
  if (!route.authenticates && key?.identity) {
    wrong.push("`key.identity` needs a route that authenticates: this one knows no identity");
  }
  return wrong;
}

export function create(settings: Resolved<CacheSettings>, { deps, route }: Tools): Policy {
  if (check(settings, route).length > 0) return { replay: bypass };
  const { headers, identity } = settings.key;
  const query = settings.key.query && [...new Set(settings.key.query)].sort();
  const tags = (settings.tags as readonly Template[]).map((tag) => compile(tag, "text"));
  // The variants of a route answer differently: what one has stored is not for the callers of another.
  const owner = route.variant === undefined ? route.id : `${route.id} ${route.variant}`;
  const server = new CacheServer(route.id, deps, { ...settings, perIdentity: identity });

  return {
    async replay(ctx, proceed) {
      let search = "";
      if (ctx.search !== "")
        search = query === undefined ? sortSearch(ctx.search) : pickSearch(ctx.query, query);
      const { request, record, budget, execution } = ctx;
      const key = await primaryKey({
        scheme: ctx.scheme,
        host: ctx.host,
        route: owner,
        path: ctx.path,
        search,
        headers: headers.map((name) => request.headers.get(name)),
        identity: identity && ctx.identity !== undefined ? identityKey(ctx.identity) : null,
      });
      let keyed: KeyedContext;
      return server.serve({
        asker: { method: ctx.method, headers: request.headers },
        key,
        record,
        budget,
        execution,
        origin(condition, background) {
          const conditional = condition === undefined ? [] : [condition];
          keyed = keyedContext(ctx, { headers, identity, search, conditional }, background, deps.now());
          return background ? afterAnswer(keyed, proceed) : proceed(keyed);
        },
        tags: () => tags.map((tag) => encodeTag(tag(keyed.scope()))).filter((tag) => tag !== ""),
      });
    },
  };

  /** The request's line has been written: what a revalidation has to report is told and counted by itself. */
  async function afterAnswer(keyed: KeyedContext, proceed: Proceed): Promise<Response> {
    try {
      return await proceed(keyed);
    } finally {
      const { id, record, execution } = keyed;
      const { reported } = record;
      if (reported !== undefined) {
        deps.log({ level: "info", event: "revalidation-reported", route: route.id, id, reported });
        deps.refusals.note(route.id, { reported }, execution);
      }
    }
  }
}

/** The answer is for this caller alone. */
async function bypass(ctx: RequestContext, proceed: Proceed): Promise<Response> {
  ctx.record.cache = "bypass";
  const response = await proceed(privateContext(ctx));
  response.headers.append("cache-status", formatCacheStatus({ forwarded: "bypass" }));
  return response;
}
