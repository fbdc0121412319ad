import { type Countable, type KeyPart, keyPart, type LimitKey } from "../limits/limit-key.ts";
import type { Mode } from "../observe/report.ts";
import type { RouteFacts } from "../policies/policy.ts";
import type { GateTerms } from "./gate.ts";

/** A concurrency limit's options as checked: plain JSON. */
export interface Concurrency {
  readonly limit: number;
  readonly by: readonly LimitKey[];
  readonly scope: "isolate" | "global";
  readonly queue: Queue;
  readonly until: "headers" | "body";
  readonly plans?: Readonly<Record<string, number>> | undefined;
  readonly name: string;
  readonly mode: Mode;
  readonly onStoreFailure: "allow" | "deny";
}

/** The limit of an upstream as checked: it counts all that is sent there, whoever asks. */
export type UpstreamConcurrency = Omit<Concurrency, "by" | "plans" | "name">;

interface Queue {
  readonly size: number;
  /** ms */
  readonly wait: number;
}

/** A concurrency limit, ready to be asked for. */
export interface ConcurrencyLimit extends Pick<Concurrency, "name" | "until" | "mode" | "onStoreFailure"> {
  readonly terms: GateTerms;
  /** What it is for callers on these plans; undefined where it is the same for all. */
  readonly ofPlans: ReadonlyMap<string, ConcurrencyLimit> | undefined;
  /** What every key of its gates begins with. */
  readonly prefix: string;
  readonly parts: readonly KeyPart[];
  /**
   * `admit` where it protects what answers the route, and so has nothing to do with what the cache answers; `limit`
   * where it is about who asks, who is known there and right of the cut need not be.
   */
  readonly place: "limit" | "admit";
}

/** Where on the road a limit stands. */
export function placeOf({ by, plans }: Pick<Concurrency, "by" | "plans">): ConcurrencyLimit["place"] {
  return plans === undefined && by.every((key) => key === "route") ? "admit" : "limit";
}

/** Makes a limit of a route ready. */
export function makeConcurrencyLimit(
  options: Concurrency,
  { id }: Pick<RouteFacts, "id">,
  plan?: string,
): ConcurrencyLimit {
  const { limit, by, scope, queue, until, plans, name, mode, onStoreFailure } = options;
  const ofPlan = (own: number, of: string) =>
    makeConcurrencyLimit({ ...options, limit: own, plans: undefined }, { id }, of);
  return {
    name,
    until,
    mode,
    onStoreFailure,
    terms: { limit, queue: queue.size, wait: queue.wait, shared: scope === "global" },
    ofPlans: plans && new Map(Object.entries(plans).map(([of, own]) => [of, ofPlan(own, of)])),
    // A plan has permits of its own: what is let in by another number says nothing of this one.
    prefix: JSON.stringify([id, name, scope, ...by, ...(plan === undefined ? [] : [plan])]),
    parts: by.map(keyPart),
    place: plan === undefined ? placeOf(options) : "limit",
  };
}

/** Makes the limit of an upstream ready. No route is called like it, so its permits are its own. */
export function makeUpstreamLimit(upstream: string, options: UpstreamConcurrency): ConcurrencyLimit {
  return makeConcurrencyLimit({ ...options, by: [], name: `upstream ${upstream}` }, { id: "upstream" });
}

/** The limit as it is for who asks. */
export function concurrencyFor(limit: ConcurrencyLimit, ctx: Countable): ConcurrencyLimit {
  if (limit.ofPlans === undefined) return limit;
  const plan = PLAN.read(ctx);
  return (plan === undefined ? undefined : limit.ofPlans.get(plan)) ?? limit;
}

const PLAN = keyPart("identity.plan");
