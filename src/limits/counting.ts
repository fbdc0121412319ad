import type { AlgorithmName } from "../stores/counters/counter-store.ts";

/** How an isolate comes by what it lets through. */
export type Counting = "leased" | "exact" | "bounded";

/** What of a limit decides how it may be counted. */
interface Counted {
  readonly limit: number;
  /** In ms. */
  readonly window: number;
  readonly burst?: number | undefined;
  readonly algorithm: AlgorithmName;
  readonly on: "request" | "authFailure";
  readonly counting?: Counting | undefined;
  readonly slack?: number | undefined;
}

/** Where units are back sooner than this, in ms, a lease of a second would keep too many of them away for too long. */
const SHORT = 8_000;

/** How a limit is counted whose manifest does not say. */
export function countingOf({ limit, window, burst = limit, algorithm, on, counting }: Counted): Counting {
  if (counting !== undefined) return counting;
  if (on === "authFailure") return "exact";
  if (algorithm === "fixedWindow") return "leased";
  const backMs = algorithm === "tokenBucket" ? (burst * window) / limit : window;
  return backMs < SHORT ? "exact" : "leased";
}

/** What is wrong with how a limit is to be counted: which option, and why. Build only. */
export function countingMistakes({ on, counting, slack }: Counted): ReadonlyArray<readonly [string, string]> {
  const mistakes: Array<readonly [string, string]> = [];
  if (on === "authFailure" && counting !== undefined && counting !== "exact")
    mistakes.push([
      "counting",
      'failed authentications are counted "exact": they are looked for before each',
    ]);
  if (slack !== undefined && counting !== "bounded")
    mistakes.push(["slack", 'is for counting: "bounded" alone']);
  return mistakes;
}
