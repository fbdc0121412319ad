import type { CompiledCompose } from "../../src/actions/compose/compiled.ts";
import { type Concurrency, placeOf } from "../../src/concurrency/limit.ts";
import { FLIGHT_MS } from "../../src/identity/keys/remote-key-set.ts";
import { makeLimit, type RateLimit } from "../../src/limits/limit.ts";
import type { CheckedManifest } from "../../src/manifest/compiler/check.ts";
import type { CheckedRoute } from "../../src/manifest/compiler/check-routes.ts";
import { fetchesKeys } from "../../src/manifest/compiler/fetches-keys.ts";
import type { CheckedQuota } from "../../src/quotas/quota.ts";
import { parseDuration } from "../../src/schema/duration.ts";
import { STORE_TIMEOUT_MS } from "../../src/stores/counters/select.ts";
import type { UpstreamDeclaration } from "../../src/upstream/declare.ts";

/** Something that a request may have to wait for. */
export interface Wait {
  readonly what: string;
  /** At most, in ms; where it may take what the deadline leaves, that. */
  readonly ms: number;
  readonly why: string;
}

/** How long the answer's headers of a route may take. */
export interface WorstLatency {
  /** One after the other. */
  readonly waits: readonly Wait[];
  /** ms */
  readonly total: number;
}

/** A wait before it is known how much time is left for it. */
interface Possible {
  readonly what: string;
  /** undefined where it is as long as the deadline leaves. */
  readonly ms: number | undefined;
  readonly why: string;
  /** False where it does not end with the request's deadline. */
  readonly heedsDeadline?: false;
}

const LEFT = "what is left of the deadline";
const QUEUE = "its queue and the permits' store";

/** Adds up what a route waits for, were everything as slow as it may be. */
export function worstLatency(
  route: CheckedRoute,
  { options }: Pick<CheckedManifest, "options">,
): WorstLatency {
  const inMemory = options.stores?.counters === "memory";
  const limits = inMemory ? [] : limitsOf(route);
  const possible = [
    ...limitWaits(limits, "guard"),
    ...(fetchesKeys(route) ? [KEYS] : []),
    ...limitWaits(limits, "limit"),
    ...(inMemory ? [] : quotaWaits(route)),
    ...concurrencyWaits(route, "limit"),
    ...hookWaits(route, ["request"]),
    ...(route.policies.some(({ name }) => name === "cache") ? [LOOK_UP] : []),
    ...limitWaits(limits, "admit"),
    ...concurrencyWaits(route, "admit"),
    ...actionWaits(route),
    ...hookWaits(route, ["response"]),
  ];
  let total = 0;
  const waits = possible.flatMap(({ what, ms, why, heedsDeadline = true }): Wait[] => {
    const left = Math.max(0, route.deadline - total);
    const time = heedsDeadline ? Math.min(ms ?? left, left) : (ms ?? left);
    total += time;
    return time === 0 && ms !== 0 ? [] : [{ what, ms: time, why }];
  });
  return { waits, total };
}

const KEYS: Possible = {
  what: "the issuer's keys",
  ms: FLIGHT_MS,
  why: "where this isolate does not know them yet",
};

const LOOK_UP: Possible = {
  what: "the cache",
  ms: 0,
  why: "a read within the data centre, for which there is no time limit",
};

function limitsOf({ policies, facts }: CheckedRoute) {
  return policies
    .filter(({ name }) => name === "rateLimit")
    .flatMap(({ options }) => options as RateLimit | readonly RateLimit[])
    .map((limit) => makeLimit(limit, facts));
}

/** Limits of one place are asked at once. */
function limitWaits(limits: ReturnType<typeof limitsOf>, place: "guard" | "limit" | "admit"): Possible[] {
  const names = limits.filter((limit) => limit.place === place).map(({ name }) => name);
  if (names.length === 0) return [];
  const why = "the counters' own time limit";
  return [{ what: `rateLimit ${names.join(" and ")}`, ms: STORE_TIMEOUT_MS, why, heedsDeadline: false }];
}

/** Asked at once. */
function quotaWaits({ policies }: CheckedRoute): Possible[] {
  const names = policies
    .filter(({ name }) => name === "quota")
    .map(({ options }) => (options as CheckedQuota<unknown>).name);
  if (names.length === 0) return [];
  return [
    { what: `quota ${names.join(" and ")}`, ms: STORE_TIMEOUT_MS, why: "the counters' own time limit" },
  ];
}

/** One after the other, each until there is room. */
function concurrencyWaits({ policies }: CheckedRoute, place: "limit" | "admit"): Possible[] {
  return policies
    .filter(({ name }) => name === "concurrency")
    .map(({ options }) => options as Concurrency)
    .filter((limit) => placeOf(limit) === place)
    .flatMap(({ name, scope, queue }): Possible[] => {
      const ms = queue.wait + (scope === "global" ? STORE_TIMEOUT_MS : 0);
      return ms === 0 ? [] : [{ what: `concurrency ${name}`, ms, why: QUEUE }];
    });
}

function hookWaits({ policies }: CheckedRoute, names: readonly string[]): Possible[] {
  const hooks = policies.find(({ name }) => name === "hooks")?.options as
    | Readonly<Record<string, { readonly timeout: number } | undefined>>
    | undefined;
  return names.flatMap((name) => {
    const timeout = hooks?.[name]?.timeout;
    return timeout === undefined ? [] : [{ what: `hooks.${name}`, ms: timeout, why: "its timeout" }];
  });
}

function actionWaits(route: CheckedRoute): Possible[] {
  const { name, options } = route.action;
  if (name === "respond" || name === "redirect") return [];
  let own: Possible[] = [{ what: name, ms: undefined, why: LEFT }];
  if (name === "forward") own = forwardWaits(options as Forward);
  if (name === "compose") own = [composeWait(options as CompiledCompose)];
  return [...hookWaits(route, ["upstreamRequest"]), ...own, ...hookWaits(route, ["upstreamResponse"])];
}

interface Forward {
  readonly upstream: UpstreamDeclaration;
  /** ms */
  readonly timeout?: number | undefined;
}

function forwardWaits({ upstream, timeout }: Forward): Possible[] {
  const { name } = upstream;
  const ms = shortest(timeout, timeoutOf(upstream));
  const turn = turnOf(upstream);
  return [
    ...(turn === 0 ? [] : [{ what: `a turn at ${name}`, ms: turn, why: QUEUE }]),
    { what: `forward to ${name}`, ms, why: ms === undefined ? LEFT : "its timeout" },
  ];
}

/** Steps that wait for one another. */
interface Chain {
  /** All their timeouts together, in ms; infinite where one of them has none. */
  readonly ms: number;
  readonly names: readonly string[];
}

function composeWait({ steps }: CompiledCompose): Possible {
  const chains = new Map<number, Chain>();
  const chainTo = (index: number): Chain => {
    const known = chains.get(index);
    if (known !== undefined) return known;
    const { name, after, timeout, upstream } = steps[index]!;
    const answer = upstream && timeoutOf(upstream);
    // A step's own timeout runs while it waits for its turn, the upstream's does not.
    const both = answer === undefined ? undefined : turnOf(upstream!) + answer;
    const own = shortest(timeout, both) ?? Number.POSITIVE_INFINITY;
    const before = longest(after.map(chainTo));
    const chain = { ms: before.ms + own, names: [...before.names, name] };
    chains.set(index, chain);
    return chain;
  };
  const { ms, names } = longest([...steps.keys()].map(chainTo));
  const endless = ms === Number.POSITIVE_INFINITY;
  return {
    what: `compose ${names.join(", then ")}`,
    ms: endless ? undefined : ms,
    why: endless ? `${LEFT}: not every step has a timeout` : "the timeouts of these steps",
  };
}

function longest(chains: readonly Chain[]): Chain {
  const outlasts = (one: Chain, other: Chain) =>
    one.ms === other.ms ? one.names.length > other.names.length : one.ms > other.ms;
  return chains.reduce((best, chain) => (outlasts(chain, best) ? chain : best), { ms: 0, names: [] });
}

function timeoutOf({ options }: UpstreamDeclaration): number | undefined {
  return options.timeout === undefined ? undefined : parseDuration(options.timeout);
}

/** How long a call may wait until the upstream's concurrency limit has room for it, in ms. */
function turnOf({ options: { concurrency } }: UpstreamDeclaration): number {
  const { queue, scope } = concurrency ?? {};
  const wait = queue === undefined ? undefined : parseDuration(queue.wait);
  return (wait ?? 0) + (scope === "global" ? STORE_TIMEOUT_MS : 0);
}

function shortest(...times: ReadonlyArray<number | undefined>): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
