import type { Deps } from "./deps.ts";
import { Refusal, RefusalError, refuse } from "./errors/refusal.ts";
import { inTime } from "./functions/in-time.ts";
import { BoundedBody } from "./http/body.ts";
import { declaredSpelling } from "./match/declared-spelling.ts";
import { normalisePath } from "./match/normalise.ts";
import { isExact } from "./match/path-policy.ts";
import type { Match, Router } from "./match/router.ts";
import { splitTarget, validateSearch } from "./match/target.ts";
import { accepts, acceptsBody, bringsJson, mayAccept, type Predicates } from "./match/when.ts";
import type { Plan } from "./plan.ts";
import type { GatewayRequest } from "./request-context.ts";

/** What routes are found with. */
export interface RouteTable {
  readonly router: Router;
  /** Predicates of the routes that have some, by route index. */
  readonly when: Readonly<Record<number, Predicates>>;
  /** The plan of a route, made when first asked for. */
  readonly plan: (route: number) => Plan;
  readonly deps: Pick<Deps, "now">;
}

/** A refusal or an answer where no route is to be run. */
type Verdict = Refusal | Response | undefined;

/** In bytes: what a predicate on the body reads of it where its route declares no `bodyLimit`. */
const BODY_LIMIT = 1_000_000;

/**
 * Match: reads the request's target and finds its route. Says something only where none is to be run: a refusal,
 * a redirect to the declared path, or the answer to OPTIONS. Waits only where a route asks about the body.
 */
export function findRoute(ctx: GatewayRequest, table: RouteTable): Verdict | Promise<Verdict> {
  const malformed = readTarget(ctx);
  if (malformed !== undefined) return malformed;
  const { router, when } = table;
  const undecided: number[] = [];
  const met = router.match(ctx.host, ctx.method, ctx.path, (route) => {
    if (!accepts(when[route], ctx)) return false;
    if (when[route]?.body === undefined) return true;
    undecided.push(route);
    return false;
  });
  return undecided.length > 0 && bringsJson(ctx.request)
    ? matchWithBody(ctx, undecided, table)
    : conclude(ctx, met, table);
}

/** Takes the URL apart; its path is from here on the one string that everybody sees. */
function readTarget(ctx: GatewayRequest): Refusal | undefined {
  const target = splitTarget(ctx.request.url);
  if (target instanceof Refusal) return target;
  ctx.scheme = target.scheme;
  ctx.host = target.host;
  const path = normalisePath(target.rawPath);
  if (path instanceof Refusal) return path;
  ctx.path = path;
  const malformed = validateSearch(target.search);
  if (malformed !== undefined) return malformed;
  ctx.search = target.search;
  return undefined;
}

/** Reads the body, once and whole, because of routes that would be met but for what it may hold. */
async function matchWithBody(
  ctx: GatewayRequest,
  undecided: readonly number[],
  table: RouteTable,
): Promise<Verdict> {
  const { router, when, plan, deps } = table;
  const limit = Math.max(...undecided.map((route) => plan(route).road.bodyLimit ?? BODY_LIMIT));
  const { body, headers } = ctx.request;
  const read = new BoundedBody(body, limit, headers.get("content-length"));
  ctx.keepBody(await inTime(read.bytes(), ctx, deps));
  const json = await read.json().catch(notJson);
  const met = router.match(
    ctx.host,
    ctx.method,
    ctx.path,
    (route) => accepts(when[route], ctx) && acceptsBody(when[route], json),
  );
  return conclude(ctx, met, table);
}

/** A body that is no JSON meets no predicate; what else may come of it is for the route to say. */
function notJson(error: unknown): undefined {
  if (error instanceof RefusalError && error.refusal.code === "malformed-body") return undefined;
  throw error;
}

function conclude(ctx: GatewayRequest, met: Match, { router, when, plan }: RouteTable): Verdict {
  if (met.kind === "found") {
    ctx.meet(plan(met.route), met.params);
    return respell(ctx, router);
  }
  if (met.kind === "none") return refuse("route-not-found");
  const allow: [string, string] = ["allow", met.allow.join(", ")];
  if (ctx.method !== "OPTIONS") return refuse("method-not-allowed", { headers: [allow] });
  // A preflight asks about another method: that method's route finalises the answer, so its CORS rules apply.
  const asked = ctx.request.headers.get("access-control-request-method");
  const meant =
    asked === null ? met : router.match(ctx.host, asked, ctx.path, (route) => mayAccept(when[route], ctx));
  if (meant.kind === "found") ctx.meet(plan(meant.route), meant.params);
  return new Response(null, { status: 204, headers: [allow] });
}

/** Spellings of routes whose paths may come in several, made when first met. */
const spellings = new WeakMap<Plan, (path: string) => string>();

/** Puts the path that the route declares in the place of the spelling that met it. */
function respell(ctx: GatewayRequest, { paths }: Router): Response | undefined {
  if (isExact(paths)) return undefined;
  let spell = spellings.get(ctx.plan);
  if (spell === undefined) {
    spell = declaredSpelling(ctx.plan.facts.pattern);
    spellings.set(ctx.plan, spell);
  }
  const sent = ctx.path;
  ctx.path = spell(sent);
  // A child is no client that could follow, and no browser follows for a preflight.
  if (paths.trailingSlash !== "redirect" || ctx.depth > 0 || ctx.method === "OPTIONS") return undefined;
  if (ctx.path.endsWith("/") === sent.endsWith("/")) return undefined;
  // The path has no empty segments, so this names no other host (RFC 3986 §4.2).
  return new Response(null, { status: 308, headers: { location: ctx.path + ctx.search } });
}
