import { fixedPool } from "../../src/leases/fixed-pool.ts";
import { openLedger } from "../../src/leases/ledger.ts";
import { LeasingIsolate } from "./isolate.ts";
import { exponential, pareto, seededRandom } from "./random.ts";
import { leasing, Store } from "./store.ts";
import { Timeline } from "./timeline.ts";

/** One key, one window, isolates that know nothing at its start. */
export interface Trial {
  readonly isolates: number;
  /** Tokens an isolate, on average. */
  readonly ratio: number;
  /** Requests, in limits a window. */
  readonly demand: number;
  readonly seed: number;
  /** Every so many ms the rates are dealt anew among the isolates. */
  readonly permuteMs?: number;
}

/** What came of it. */
export interface Outcome {
  readonly limit: number;
  /** Until the first refusal, or until the window's end where there was none. */
  readonly admitted: number;
  readonly messages: number;
  /** Tokens in the store, in isolates and under way at the first refusal, as a share of the limit. */
  readonly unspent: number | undefined;
  /** In the whole window. */
  readonly admittedInAll: number;
  readonly refused: number;
  /** Asks sent after the first refusal. */
  readonly messagesAfter: number;
  /** Ms that the requests waited that were let through, in order. */
  readonly waits: readonly number[];
}

export const WINDOW = 60_000;
const SERVICE = 1;

/** Plays one trial. */
export function play({ isolates, ratio, demand, seed, permuteMs }: Trial): Outcome {
  const random = seededRandom(seed);
  const timeline = new Timeline();
  const limit = isolates * ratio;
  const pool = fixedPool(limit, WINDOW);
  const store = new Store(timeline, SERVICE, leasing(openLedger(pool), pool));
  const weights = Array.from({ length: isolates }, () => pareto(random, 1.16));
  const total = weights.reduce((sum, weight) => sum + weight);
  const rates = weights.map((weight) => ((weight / total) * demand * limit) / WINDOW);

  let [admitted, refused, asked] = [0, 0, 0];
  const waits: number[] = [];
  let first: Pick<Outcome, "admitted" | "messages" | "unspent"> | undefined;
  const fleet: LeasingIsolate[] = rates.map(() => {
    const trip = 5 + random() * 195;
    const watcher = {
      spent(_now: number, waited: number) {
        admitted++;
        waits.push(waited);
      },
      refused() {
        first ??= { admitted, messages: asked, unspent: (limit - admitted) / limit };
        refused++;
      },
      asked: () => void asked++,
    };
    return new LeasingIsolate(
      timeline,
      WINDOW,
      (ask, reply) =>
        timeline.after(trip / 2, () =>
          store.ask(ask, (grant) => timeline.after(trip / 2, () => reply(grant))),
        ),
      watcher,
    );
  });

  const generation = rates.map(() => 0);
  const arrivals = (index: number, mine: number) => {
    timeline.after(exponential(random, rates[index]!), () => {
      if (generation[index] !== mine) return;
      fleet[index]!.request();
      arrivals(index, mine);
    });
  };
  for (const index of rates.keys()) arrivals(index, 0);
  if (permuteMs !== undefined) {
    for (let at = permuteMs; at < WINDOW; at += permuteMs) {
      timeline.after(at, () => {
        for (let last = rates.length - 1; last > 0; last--) {
          const other = Math.floor(random() * (last + 1));
          [rates[last], rates[other]] = [rates[other]!, rates[last]!];
        }
        for (const index of rates.keys()) arrivals(index, ++generation[index]!);
      });
    }
  }
  timeline.run(WINDOW - 1);
  return {
    limit,
    ...(first ?? { admitted, messages: asked, unspent: undefined }),
    admittedInAll: admitted,
    refused,
    messagesAfter: asked - (first?.messages ?? asked),
    waits: waits.sort((a, b) => a - b),
  };
}
