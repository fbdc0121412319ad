import type { AlgorithmName } from "../../src/stores/counters/counter-store.ts";
import { table } from "../bench/table.ts";
import { type Outcome, play, type Trial } from "./first-refusal.ts";
import { playHerd } from "./herd.ts";
import { type Account, type Mode, type Population, playPopulation } from "./population.ts";

/** A line of the figures, or a comparison: prints a table. */
export interface Scenario {
  readonly about: string;
  /** Whether a test plays it. */
  readonly fast: boolean;
  /** Lines of Markdown. */
  play(seed: number): string[];
}

const DEMANDS = [0.5, 1.5, 5];
const ALGORITHMS: readonly AlgorithmName[] = ["fixedWindow", "slidingWindow", "tokenBucket"];

/** Every scenario by its name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  cold: {
    about:
      "One fixed window of 60 s whose isolates know nothing at its start, until the first refusal: means of eight seeds, the worst in brackets.",
    fast: true,
    play: (seed) =>
      trials(
        [
          { isolates: 300, ratio: 100 },
          { isolates: 30, ratio: 100 },
          { isolates: 300, ratio: 30 },
          { isolates: 300, ratio: 3 },
        ],
        seed,
        8,
      ),
  },
  large: {
    about: "The same where isolates see many requests: means of two seeds.",
    fast: false,
    play: (seed) =>
      trials(
        [
          { isolates: 300, ratio: 300 },
          { isolates: 300, ratio: 1_000 },
        ],
        seed,
        2,
      ),
  },
  permuted: {
    about: "The same where the rates are dealt anew among the isolates every 20 s: means of two seeds.",
    fast: true,
    play: (seed) => trials([{ isolates: 300, ratio: 300, permuteMs: 20_000 }], seed, 2),
  },
  herd: {
    about:
      "2,000 isolates on one key of 20,000 a minute at five times that, over two windows; the first begins cold.",
    fast: true,
    play: (seed) => herds(20_000, seed),
  },
  flood: {
    about: "The same with 200,000 a minute: 17,000 requests a second from the first moment on.",
    fast: false,
    play: (seed) => herds(200_000, seed),
  },
  faults: {
    about:
      "2,000 keys of 600 a minute, 300 isolates, 120 s: one message in a hundred is lost, two answers in a hundred come twice, two up to ten seconds late, an isolate crashes every 200 ms, and nothing gets through for 1.5 s of every 20.",
    fast: false,
    play: (seed) => populations({ ...SMALL, faults: { ...FAULTS, crashes: 5 } }, ALGORITHMS, seed),
  },
  compare: {
    about: "The same keys and isolates where nothing goes wrong.",
    fast: false,
    play: (seed) => populations(SMALL, ALGORITHMS, seed),
  },
  world: {
    about:
      "100,000 keys of 3,000 a minute, the nth asked for n^-1.1 times as often as the first; 2,000 isolates at 300 locations, 8,000 requests a second for 60 s.",
    fast: false,
    play: (seed) => populations(WORLD, ["fixedWindow"], seed),
  },
  storm: {
    about: "The same world with the faults of before, and twenty isolates that crash every second.",
    fast: false,
    play: (seed) => populations({ ...WORLD, faults: { ...FAULTS, crashes: 20 } }, ["fixedWindow"], seed),
  },
};

function herds(limit: number, seed: number): string[] {
  const askers = [
    ["the key's store itself", 300, "never"],
    ["30 relays", 30, "always"],
    ["300 relays", 300, "always"],
    ["the key's store, then 30 relays", 30, "crowded"],
    ["the key's store, then 300 relays", 300, "crowded"],
  ] as const;
  const rows = askers.map(([name, locations, relayed]) => {
    const sizes = { isolates: 2_000, locations, limit, demand: 5, windows: 2 };
    const crush = playHerd({ ...sizes, relayed, seed });
    return [
      name,
      whole(crush.asks),
      percent(crush.slow),
      whole(crush.atRoot),
      percent(crush.admitted / crush.allowed),
      whole(crush.overshoot),
    ];
  });
  return table(
    ["isolates ask", "asks", "over 250 ms", "at the key's store", "of the limit used", "overshoot"],
    rows,
  );
}

type Sketch = Omit<Population, "mode" | "seed" | "allowed"> & { readonly limit: number };

const SMALL: Sketch = {
  keys: 2_000,
  skew: 1.1,
  locations: 300,
  isolates: 300,
  perSecond: 1_500,
  seconds: 120,
  limit: 600,
};

const WORLD: Sketch = {
  ...SMALL,
  keys: 100_000,
  isolates: 2_000,
  perSecond: 8_000,
  seconds: 60,
  limit: 3_000,
};

const FAULTS = { lost: 0.01, twice: 0.02, late: 0.02, cutMs: 1_500 };

const MODES: readonly Mode[] = ["leased", "exact", "naive"];

/** One limiter's account. */
export interface Compared {
  readonly algorithm: AlgorithmName;
  readonly mode: Mode;
  readonly account: Account;
}

/** What the table of `compare` is made of. */
export function comparison(seed: number): Compared[] {
  return sideBySide(SMALL, ALGORITHMS, seed);
}

function sideBySide(
  { limit, ...sketch }: Sketch,
  algorithms: readonly AlgorithmName[],
  seed: number,
): Compared[] {
  return algorithms.flatMap((algorithm) =>
    MODES.map((mode) => {
      const allowed = { algorithm, limit, windowMs: 60_000, burst: limit };
      return { algorithm, mode, account: playPopulation({ ...sketch, mode, allowed, seed }) };
    }),
  );
}

function populations(sketch: Sketch, algorithms: readonly AlgorithmName[], seed: number): string[] {
  const rows = sideBySide(sketch, algorithms, seed).map(({ algorithm, mode, account }) => [
    `${algorithm}, ${mode}`,
    ...accountCells(account),
  ]);
  return table(
    [
      "",
      "overshoot",
      "refused below the limit",
      "messages a request",
      "empty answers a refusal",
      "mean wait, ms",
      "p99 wait, ms",
    ],
    rows,
  );
}

function accountCells(account: Account): string[] {
  return [
    whole(account.overshoot),
    percent(account.underAdmission),
    (account.messages / account.requests).toFixed(3),
    account.messagesOfRefused.toFixed(3),
    account.meanWait.toFixed(0),
    account.longWait.toFixed(0),
  ];
}

function trials(
  sketches: ReadonlyArray<Omit<Trial, "seed" | "demand">>,
  seed: number,
  count: number,
): string[] {
  const rows = sketches.flatMap((sketch) =>
    DEMANDS.map((demand) => {
      const outcomes = Array.from({ length: count }, (_, index) =>
        play({ ...sketch, demand, seed: seed + index }),
      );
      return [`${sketch.ratio} (${sketch.isolates})`, `${demand} ×`, ...outcomeCells(outcomes)];
    }),
  );
  return table(
    [
      "limit / isolates",
      "demand",
      "messages an admitted request",
      "unspent",
      "messages a refusal",
      "of the limit used",
      "p99 wait, ms",
    ],
    rows,
  );
}

function outcomeCells(outcomes: readonly Outcome[]): string[] {
  const cell = (read: (outcome: Outcome) => number, show: (value: number) => string) => {
    const values = outcomes.map(read);
    return `${show(mean(values))} (${show(Math.max(...values))})`;
  };
  const refused = outcomes.some(({ unspent }) => unspent !== undefined);
  return [
    cell(
      ({ messages, admitted }) => messages / admitted,
      (value) => value.toFixed(3),
    ),
    refused ? cell(({ unspent = 0 }) => unspent, percent) : "–",
    refused
      ? cell(
          ({ messagesAfter, refused }) => messagesAfter / refused,
          (value) => value.toFixed(3),
        )
      : "–",
    percent(mean(outcomes.map(({ admittedInAll, limit }) => admittedInAll / limit))),
    mean(outcomes.map(({ waits }) => waits[Math.floor(waits.length * 0.99)] ?? 0)).toFixed(0),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function whole(value: number): string {
  return value.toLocaleString("en");
}
