import type { LimitState } from "../context.ts";
import type { Mode } from "../observe/report.ts";
import type { RouteFacts } from "../policies/policy.ts";
import type { AlgorithmName, Allowance } from "../stores/counters/counter-store.ts";
import type { Counting } from "./counting.ts";
import {
  type Countable,
  type KeyPart,
  keyPart,
  type LimitKey,
  type LimitValue,
  type RequiredPart,
  requiredPart,
} from "./limit-key.ts";
import type { AskPenalised, Penalty } from "./penalty.ts";
import type { ResponseCost } from "./response-cost.ts";
import { fullWindow, ruleOf } from "./rule.ts";
import type { Exempt, Override, Ruling } from "./ruling.ts";

/** A rate limit's options as checked: plain JSON. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
  readonly by?: readonly LimitKey[] | undefined;
  readonly absent: "share" | "refuse";
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly burst: number;
  readonly plans?: Readonly<Record<string, Units>> | undefined;
  readonly consumers?: Readonly<Record<string, Units>> | undefined;
  readonly override?: Override | undefined;
  readonly exempt?: Exempt | undefined;
  readonly cost: number | LimitValue | ResponseCost;
  readonly countRefused: boolean;
  readonly on: "request" | "authFailure";
  readonly count: "all" | "origin";
  readonly group?: string | undefined;
  readonly counting: Counting;
  /** Units that an isolate may owe where that is allowed; by default a hundredth of the limit. */
  readonly slack?: number | undefined;
  /** The name of a rate limit binding. */
  readonly shield?: string | undefined;
  readonly penalty?: Penalty | undefined;
  readonly mode: Mode;
  readonly onStoreFailure: "allow" | "deny";
}

/** What some callers may. */
export interface Units {
  /** Units per window. */
  readonly limit: number;
  /** Tokens that a full bucket holds; elsewhere the limit. */
  readonly burst: number;
}

/** The most units per window, and in a bucket: together with the longest window, arithmetic stays exact. */
export const MAX_UNITS = 100_000_000;
/** The longest that a bucket may take to fill, in ms. */
export const MAX_FILLING = 30 * 86_400_000;

/** A limit of a route, ready to be asked for. */
export interface Limit {
  readonly name: string;
  /** What it allows, in words. */
  readonly rule: string;
  readonly allowance: Allowance;
  /** What it is for these consumers or identities, and for callers on these plans; undefined where there are none. */
  readonly ofConsumers: ReadonlyMap<string, Limit> | undefined;
  readonly ofPlans: ReadonlyMap<string, Limit> | undefined;
  /** Says what it is for a request; undefined where it is as declared for all. */
  readonly ruling: Ruling | undefined;
  /** The same limit, and the same counters, with other units. */
  readonly withUnits: (units: Units) => Limit;
  /** What every key of its counters begins with. */
  readonly prefix: string;
  readonly parts: readonly KeyPart[];
  /** What a request must have, so as not to be refused. */
  readonly required: readonly RequiredPart[];
  /** Units that a request costs at first; undefined where it names no number that the limit could ever grant. */
  readonly cost: (ctx: Countable) => number | undefined;
  /** Where the request says so itself. */
  readonly costSource: LimitValue | undefined;
  /** Where the answer says so: units of which `cost` is a part. */
  readonly costAfter: ResponseCost | undefined;
  /** Whether a request that this limit refuses costs all the same. */
  readonly countsRefused: boolean;
  /** Whether it is only failed authentications that count. */
  readonly countsFailures: boolean;
  /** Where on the road it is asked for: as soon as all is known that it counts by. */
  readonly place: "guard" | "limit" | "admit";
  /** `peek` where what counts has not happened yet. */
  readonly operation: "take" | "peek";
  /** Whether an isolate may spend what it has leased, and how many units it may owe then. */
  readonly leased: boolean;
  readonly slack: number;
  /** Whether all who call share one counter, so that every isolate there is may ask for it. */
  readonly relayed: boolean;
  readonly shield: string | undefined;
  /** Shuts out who goes beyond it. */
  readonly penalty: AskPenalised | undefined;
  /** What the `RateLimit` fields say of it beside its state; undefined where they do not show it. */
  readonly shown: Pick<LimitState, "name" | "limit" | "window"> | undefined;
  readonly mode: Mode;
  readonly onStoreFailure: "allow" | "deny";
}

/** What a limit counts by on a route. */
export function keysOf(
  { by, on, count }: Pick<RateLimit, "by" | "on" | "count">,
  { authenticates }: Pick<RouteFacts, "authenticates">,
): readonly LimitKey[] {
  if (by !== undefined) return by;
  if (count === "origin") return ["route"];
  return authenticates && on === "request" ? ["identity.id"] : ["address"];
}

/**
 * Makes a limit of a route ready. One on failed authentications is made to be looked at: see {@link onceFailed}.
 * @param ruling see {@link Limit.ruling}
 */
export function makeLimit(
  options: RateLimit,
  route: Pick<RouteFacts, "id" | "authenticates">,
  ruling?: Ruling,
): Limit {
  const { windowMs, algorithm, name, group, on, count, cost, mode, onStoreFailure } = options;
  const leased = options.counting !== "exact";
  const costAfter = typeof cost === "object" ? cost : undefined;
  const by = keysOf(options, route);
  const parts = by.map(keyPart);
  // Short, because it is hashed with every request. No group is called like a route.
  const owner = group === undefined ? [route.id, name] : [group];
  const limit: Limit = {
    ...sized(options),
    name,
    ofConsumers: undefined,
    ofPlans: undefined,
    ruling,
    withUnits: (units) => ({ ...limit, ...sized({ ...options, ...units }) }),
    // JSON ends where it ends, so no prefix is the beginning of another's key.
    prefix: JSON.stringify([...owner, leased ? `${algorithm[0]}l` : algorithm[0], windowMs, ...by]),
    parts,
    required: options.absent === "refuse" ? by.flatMap(requiredPart) : [],
    costSource: typeof cost === "string" ? cost : undefined,
    costAfter,
    countsRefused: options.countRefused,
    countsFailures: on === "authFailure",
    place: count === "origin" ? "admit" : needsIdentity(options, parts, route) ? "limit" : "guard",
    operation: on === "authFailure" || costAfter?.atFirst === 0 ? "peek" : "take",
    leased,
    relayed: by.every((key) => key === "route"),
    shield: options.shield,
    penalty: options.penalty?.create(options.penalty),
    mode,
    onStoreFailure,
  };
  return {
    ...limit,
    ofConsumers: ofCallers(limit, options.consumers, (consumer) => ["consumer", consumer]),
    ofPlans: ofCallers(limit, options.plans, (plan) => [plan]),
  };
}

/** What of a limit depends on its units. */
function sized(options: RateLimit): Pick<Limit, "rule" | "allowance" | "slack" | "cost" | "shown"> {
  const { limit, windowMs, algorithm, burst, name, count, cost, mode, counting, slack } = options;
  return {
    rule: ruleOf(options),
    allowance: { algorithm, limit, windowMs, burst },
    slack: counting === "bounded" ? (slack ?? Math.max(1, Math.floor(limit / 100))) : 0,
    cost: costOf(cost, burst),
    shown:
      mode === "enforce" && count === "all" ? { name, limit: burst, window: fullWindow(options) } : undefined,
  };
}

/** Where it is only looked, it is looked for one unit. */
function costOf(cost: RateLimit["cost"], capacity: number): Limit["cost"] {
  if (typeof cost === "string") return costReader(cost, capacity);
  const units = typeof cost === "number" ? cost : Math.max(1, cost.atFirst);
  return () => units;
}

/** They have counters of their own: what was counted under another allowance says nothing under this one. */
function ofCallers(
  limit: Limit,
  units: Readonly<Record<string, Units>> | undefined,
  tag: (name: string) => readonly string[],
): ReadonlyMap<string, Limit> | undefined {
  if (units === undefined) return undefined;
  const entries = Object.entries(units).map(
    ([name, each]) =>
      [name, { ...limit.withUnits(each), prefix: JSON.stringify([limit.prefix, ...tag(name)]) }] as const,
  );
  return new Map(entries);
}

/** The limit as it is for who asks: what a consumer has goes before what its plan has. */
export function limitFor(limit: Limit, ctx: Countable): Limit {
  const { ofConsumers, ofPlans } = limit;
  return (
    (ofConsumers && (named(ofConsumers, CONSUMER, ctx) ?? named(ofConsumers, ID, ctx))) ??
    (ofPlans && named(ofPlans, PLAN, ctx)) ??
    limit
  );
}

function named(limits: ReadonlyMap<string, Limit>, part: KeyPart, ctx: Countable): Limit | undefined {
  const name = part.read(ctx);
  return name === undefined ? undefined : limits.get(name);
}

const CONSUMER = keyPart("identity.consumer");
const ID = keyPart("identity.id");
const PLAN = keyPart("identity.plan");

/** The limit to take from once what it counts has happened. */
export function onceFailed(lookedAt: Limit): Limit {
  return { ...lookedAt, operation: "take" };
}

function needsIdentity(
  { cost, plans, consumers, override, exempt }: RateLimit,
  parts: readonly KeyPart[],
  { authenticates }: Pick<RouteFacts, "authenticates">,
): boolean {
  return (
    plans !== undefined ||
    consumers !== undefined ||
    (override !== undefined && authenticates) ||
    exempt?.needsIdentity === true ||
    parts.some((part) => part.needsIdentity) ||
    (typeof cost === "string" && keyPart(cost).needsIdentity)
  );
}

/** A request that does not say what it costs, costs one unit; one that says it twice may mean either to its origin. */
export function costReader(source: LimitValue, capacity: number): Limit["cost"] {
  const { read } = keyPart(source);
  const parameter = source.startsWith("query.") ? source.slice("query.".length) : undefined;
  return (ctx) => {
    const text = read(ctx);
    if (text === undefined) return 1;
    if (parameter !== undefined && ctx.scope().query.getAll(parameter).length > 1) return undefined;
    const cost = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
    return cost <= capacity ? cost : undefined;
  };
}
