import { fixedPool } from "../../src/leases/fixed-pool.ts";
import { openLedger } from "../../src/leases/ledger.ts";
import type { Ask, Grant } from "../../src/leases/message.ts";
import { LeasingIsolate } from "./isolate.ts";
import { way } from "./network.ts";
import { exponential, pareto, seededRandom } from "./random.ts";
import { RelayStore } from "./relay-store.ts";
import { leasing, Store } from "./store.ts";
import { Timeline } from "./timeline.ts";

/** Many isolates on one key, far above its limit. */
export interface Herd {
  readonly isolates: number;
  readonly locations: number;
  readonly limit: number;
  readonly demand: number;
  readonly windows: number;
  /** When isolates ask a relay of their location instead of the key's store: as the gateway does, once many ask. */
  readonly relayed: "never" | "always" | "crowded";
  readonly seed: number;
}

/** What came of it. */
export interface Crush {
  readonly asks: number;
  /** The share of asks of isolates that were answered after 250 ms or never. */
  readonly slow: number;
  /** Asks that reached the key's own store. */
  readonly atRoot: number;
  readonly admitted: number;
  /** Of all windows together. */
  readonly allowed: number;
  /** The most that any window let through beyond the limit. */
  readonly overshoot: number;
}

const WINDOW = 60_000;
const SLOW = 250;
/** A round trip within a location, in ms. */
const NEAR = 5;

/** Plays the windows, from the boundary before the first to the boundary after the last. */
export function playHerd({ isolates, locations, limit, demand, windows, relayed, seed }: Herd): Crush {
  const random = seededRandom(seed);
  const timeline = new Timeline();
  const pool = fixedPool(limit, WINDOW);
  const root = new Store(timeline, 1, leasing(openLedger(pool), pool));
  const weights = Array.from({ length: isolates }, () => pareto(random, 1.16));
  const total = weights.reduce((sum, weight) => sum + weight);
  let [asks, answeredSoon, atRoot] = [0, 0, 0];
  const admitted = new Array<number>(windows).fill(0);
  const counted = {
    ask(ask: Ask, reply: (grant: Grant) => void) {
      atRoot++;
      root.ask(ask, reply);
    },
  };
  // An isolate is near the object of its own location, and the location as far from the key's as the world is wide.
  const far = Array.from({ length: locations }, () => 5 + random() * 195);
  const relays = far.map(
    (trip) => new RelayStore(timeline, WINDOW, limit, way(timeline, random, counted, trip)),
  );
  weights.forEach((weight, index) => {
    const location = index % locations;
    const direct = way(timeline, random, counted, far[location]!);
    const near = way(timeline, random, relays[location]!, NEAR);
    const isolate: LeasingIsolate = new LeasingIsolate(
      timeline,
      WINDOW,
      (ask, reply) => {
        const since = timeline.now;
        asks++;
        const send = relayed !== "never" && isolate.relayed ? near : direct;
        send(ask, (grant) => {
          if (timeline.now - since <= SLOW) answeredSoon++;
          reply(grant);
        });
      },
      {
        spent: (now) => void admitted[Math.floor(now / WINDOW)]!++,
        refused() {},
        asked() {},
      },
      relayed !== "crowded",
    );
    const rate = ((weight / total) * demand * limit) / WINDOW;
    const arrive = () => {
      timeline.after(exponential(random, rate), () => {
        isolate.request();
        arrive();
      });
    };
    arrive();
  });
  timeline.run(windows * WINDOW - 1);
  return {
    asks,
    slow: 1 - answeredSoon / asks,
    atRoot,
    admitted: admitted.reduce((sum, count) => sum + count),
    allowed: limit * windows,
    overshoot: Math.max(0, ...admitted.map((count) => count - limit)),
  };
}
