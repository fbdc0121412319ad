import type { RequestContext } from "../context.ts";
import type { Mode } from "../observe/report.ts";
import { resolve } from "../references/resolve.ts";
import type { Destination } from "../stores/meters/meter-store.ts";

/** A meter as the build leaves it. */
export interface CheckedMeter<U> {
  readonly event: string;
  readonly value: number | string;
  readonly dimensions: ReadonlyArray<{ readonly name: string; readonly source: string }>;
  readonly by: string | undefined;
  readonly errors: boolean;
  readonly hits: boolean;
  readonly durable: boolean;
  readonly prepaid: { readonly reserve: number } | undefined;
  readonly mode: Mode;
  readonly to: Omit<Destination, "upstream"> & { readonly upstream: U };
}

/** A meter that is ready to read from requests and answers. */
export interface Meter {
  readonly event: string;
  readonly names: readonly string[];
  readonly to: Destination;
  readonly errors: boolean;
  readonly hits: boolean;
  readonly durable: boolean;
  readonly prepaid: { readonly reserve: number } | undefined;
  readonly mode: Mode;
  /** Who is metered. */
  readonly subject: (ctx: Metering) => string;
  /** How much it is; undefined where it cannot be told. */
  readonly value: (ctx: RequestContext, response: Response) => number | undefined;
  /** The values of its dimensions; empty where there is none. */
  readonly values: (ctx: RequestContext, response: Response) => string[];
}

/** Whoever nothing is known of. */
export const ANONYMOUS = "anonymous";
/** Most units of one event: sums stay exact. */
const MOST_UNITS = 1_000_000_000;
/** Longest value of a dimension, in characters; what is beyond is cut off. */
const MOST_LENGTH = 128;

/** What a meter looks at of a request, in either of its halves. */
export type Metering = Pick<RequestContext, "identity" | "method" | "scope">;

type Read = (ctx: Metering, response: Response) => string | undefined;

/** Makes a meter ready. @param route the route's id */
export function makeMeter(checked: CheckedMeter<{ readonly name: string }>, route: string): Meter {
  const { event, value, dimensions, by, errors, hits, durable, prepaid, mode, to } = checked;
  const readers = dimensions.map(({ source }) => reader(source, route));
  const units = typeof value === "string" ? reader(value, route) : undefined;
  const most = prepaid?.reserve ?? MOST_UNITS;
  return {
    event,
    names: dimensions.map(({ name }) => name),
    to: { ...to, upstream: to.upstream.name },
    errors,
    hits,
    durable,
    prepaid,
    mode,
    subject: subjectReader(by),
    value: units === undefined ? () => value as number : (ctx, response) => whole(units(ctx, response), most),
    values: (ctx, response) => readers.map((read) => (read(ctx, response) ?? "").slice(0, MOST_LENGTH)),
  };
}

/** Tells who pays. @param by undefined: the registered consumer, else the identity */
export function subjectReader(by: string | undefined): (ctx: Metering) => string {
  if (by === undefined) return ({ identity }) => (identity?.consumer ?? identity?.id) || ANONYMOUS;
  const read = reader(by, "");
  // It never looks at the answer.
  return (ctx) => read(ctx, undefined as never) || ANONYMOUS;
}

/** What one event may say, with what it is held to. */
function whole(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Math.min(Number(text), most);
}

function reader(source: string, route: string): Read {
  if (source === "route.id") return () => route;
  if (source === "response.status") return (_, { status }) => String(status);
  if (source === "request.method") return ({ method }) => method;
  if (source === "identity.plan") return ({ identity }) => identity?.plan;
  if (source === "identity.consumer") return ({ identity }) => identity?.consumer;
  if (source === "identity.id") return ({ identity }) => identity?.id;
  if (source.startsWith("response.headers.")) {
    const name = source.slice("response.headers.".length);
    return (_, { headers }) => headers.get(name) ?? undefined;
  }
  const [root = "", ...path] = source.split(".");
  const reference = [root, ...path] as const;
  return (ctx) => {
    const found = resolve(reference, ctx.scope());
    if (found === undefined || found === null) return undefined;
    return typeof found === "string" ? found : JSON.stringify(found);
  };
}
