import { openLedger } from "../../src/leases/ledger.ts";
import { poolOf } from "../../src/leases/pool-of.ts";
import type { Allowance } from "../../src/stores/counters/counter-store.ts";
import { LeasingIsolate } from "./isolate.ts";
import { ExactLimiter, type Limiter, NaiveLimiter } from "./limiters.ts";
import { type Faults, way } from "./network.ts";
import { overshoot } from "./oracle.ts";
import { exponential, pareto, seededRandom } from "./random.ts";
import { counting, leasing, Store } from "./store.ts";
import { Timeline } from "./timeline.ts";

export type Mode = "leased" | "exact" | "naive";

/** Many keys, of which few are asked for often, and many isolates, of which few serve most. */
export interface Population {
  readonly mode: Mode;
  /** Of every key. */
  readonly allowed: Allowance;
  readonly keys: number;
  /** Of the popularity of keys: the `n`th is asked for `n ** -skew` times as often as the first. */
  readonly skew: number;
  readonly locations: number;
  readonly isolates: number;
  /** Requests a second, all keys together. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: number;
  readonly faults?: Omit<Faults, "cut"> & {
    /** Crashes of isolates a second, all together. */
    readonly crashes: number;
    /** Nothing gets through to any store for the last this many ms of every 20 s. */
    readonly cutMs: number;
  };
}

/** What came of it. */
export interface Account {
  readonly requests: number;
  readonly admitted: number;
  /** Of what the limit allows of the requests that came, the share that was refused. */
  readonly underAdmission: number;
  /** The worst of any key. */
  readonly overshoot: number;
  readonly messages: number;
  readonly messagesOfRefused: number;
  /** Ms that a request waited: the mean, and what a hundredth exceeds. */
  readonly meanWait: number;
  readonly longWait: number;
}

const START = 60_000;

/** Plays a population. */
export function playPopulation(population: Population): Account {
  const { mode, allowed, keys, skew, locations, isolates, perSecond, seconds, seed, faults } = population;
  const random = seededRandom(seed);
  const timeline = new Timeline();
  timeline.now = START;
  const end = START + seconds * 1_000;
  const pool = poolOf(allowed);
  const ofKey = cumulative(keys, (index) => (index + 1) ** -skew);
  const ofIsolate = cumulative(isolates, () => pareto(random, 1.16));
  // An isolate is at a location, and keys live all over the world: how far it is depends on both.
  const places = Array.from({ length: locations }, () => [random(), random()] as const);
  const trip = (location: number, key: number) => {
    const [a, b] = [places[location % locations]!, places[(key * 7919) % locations]!];
    return 5 + 245 * Math.min(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
  };
  const broken: Faults | undefined =
    faults === undefined
      ? undefined
      : { ...faults, cut: (now) => faults.cutMs > 0 && now % 20_000 >= 20_000 - faults.cutMs };

  let [requests, messages, answeredNo] = [0, 0, 0];
  const waits: number[] = [];
  const spent = new Map<number, number[]>();
  const came = new Map<number, number[]>();
  const stores = new Map<number, Store>();
  const limiters: Array<Map<number, Limiter>> = Array.from({ length: isolates }, () => new Map());

  const create = (isolate: number, key: number): Limiter => {
    const watcher = {
      spent(now: number, waited: number) {
        waits.push(waited);
        push(spent, key, now);
      },
      refused: (_now: number, waited: number) => void waits.push(waited),
      asked: () => void messages++,
    };
    if (mode === "naive") return new NaiveLimiter(timeline, pool, watcher);
    const store =
      stores.get(key) ??
      new Store(timeline, 1, mode === "exact" ? counting(pool) : leasing(openLedger(pool), pool));
    stores.set(key, store);
    const send = way(timeline, random, store, trip(isolate, key), broken);
    const counted: typeof send = (ask, reply) =>
      send(ask, (grant) => {
        if (grant.tokens === 0) answeredNo++;
        reply(grant);
      });
    return mode === "exact"
      ? new ExactLimiter(timeline, counted, watcher)
      : new LeasingIsolate(timeline, allowed.windowMs, counted, watcher);
  };

  const arrive = () => {
    timeline.after(exponential(random, perSecond / 1_000), () => {
      if (timeline.now >= end) return;
      const key = pick(ofKey, random());
      const isolate = pick(ofIsolate, random());
      const mine = limiters[isolate]!;
      let limiter = mine.get(key);
      if (limiter === undefined) {
        limiter = create(isolate, key);
        mine.set(key, limiter);
      }
      requests++;
      push(came, key, timeline.now);
      limiter.request();
      arrive();
    });
  };
  const crash = (rate: number) => {
    timeline.after(exponential(random, rate), () => {
      for (const limiter of limiters[Math.floor(random() * isolates)]!.values()) limiter.crash();
      crash(rate);
    });
  };
  arrive();
  if (faults !== undefined && faults.crashes > 0) crash(faults.crashes / 1_000);
  timeline.run(end + 2_000);

  const lists = [...spent.values()];
  const admitted = lists.reduce((sum, { length }) => sum + length, 0);
  const could = [...came.values()].reduce((sum, times) => sum + allowable(times, allowed), 0);
  waits.sort((a, b) => a - b);
  return {
    requests,
    admitted,
    underAdmission: Math.max(0, 1 - admitted / could),
    overshoot: Math.max(0, ...lists.map((times) => overshoot(times, allowed))),
    messages,
    messagesOfRefused: answeredNo / Math.max(1, requests - admitted),
    meanWait: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
    longWait: waits[Math.floor(waits.length * 0.99)] ?? 0,
  };
}

/** How many of these requests one counter in one place, asked in no time, would let through. */
function allowable(times: readonly number[], allowed: Allowance): number {
  const { algorithm, limit, windowMs, burst } = allowed;
  let through = 0;
  let [level, before] = [burst, times[0]!];
  const granted: number[] = [];
  for (const time of times) {
    if (algorithm === "tokenBucket") {
      level = Math.min(burst, level + ((time - before) * limit) / windowMs);
      before = time;
      if (level < 1) continue;
      level--;
    } else {
      const nth = granted[through - limit];
      const start = algorithm === "fixedWindow" ? Math.floor(time / windowMs) * windowMs : time - windowMs;
      if (nth !== undefined && (algorithm === "fixedWindow" ? nth >= start : nth > start)) continue;
      granted.push(time);
    }
    through++;
  }
  return through;
}

function cumulative(count: number, weight: (index: number) => number): Float64Array {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index++) {
    sum += weight(index);
    sums[index] = sum;
  }
  return sums.map((value) => value / sum);
}

/** The first whose cumulated share is above `share`. */
function pick(sums: Float64Array, share: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > share) high = middle;
    else low = middle + 1;
  }
  return low;
}

function push(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
