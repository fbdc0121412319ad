import type { RefusalCount, RefusalStore } from "../stores/refusals/refusal-store.ts";
import { causeText } from "./cause.ts";
import type { AccessRecord } from "./record.ts";
import type { Mode } from "./report.ts";

const HOUR_MS = 3_600_000;
/** Where nothing is refused, counts are handed over so many times less often. */
const QUIET = 6;

/** What the tally runs on. */
export interface TallyTools {
  readonly store: RefusalStore;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Resolves after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
  /** Counts are handed to the store this long, in ms, after the first of them. */
  readonly every: number;
}

/**
 * Counts refusals, made and reported, and what `authorize` decides, in this isolate and hands them to the store now and
 * then, after answers. What cannot be handed over is kept for the next time; what an isolate that goes takes with it is
 * in the access log.
 */
export class RefusalTally {
  readonly #tools: TallyTools;
  /** By route, then by code, mode and policy: on the way of a request no key is put together twice. */
  #counts = new Map<string, Map<string, { -readonly [Key in keyof RefusalCount]: RefusalCount[Key] }>>();
  /** When the hand-over that is under way began; undefined where there is none. */
  #pendingSince: number | undefined;
  #handedOverAt = Number.NEGATIVE_INFINITY;

  constructor(tools: TallyTools) {
    this.#tools = tools;
  }

  /** Counts what a request's record says. @param route its id; empty where none was met */
  note(route: string, record: AccessRecord, execution: Pick<ExecutionContext, "waitUntil">): void {
    const { code, reported, authorization } = record;
    const refuses = code !== undefined || reported !== undefined;
    if (!refuses && authorization === undefined) return;
    if (authorization !== undefined)
      this.#add(route, "", "enforce", `authorize: ${ruleOf(authorization)}`, 1);
    if (code !== undefined) this.#add(route, code, "enforce", "", 1);
    for (const each of reported ?? []) this.#add(route, each.code, "report", each.policy, 1);
    const now = this.#tools.now();
    // Most requests are allowed: that alone is worth no call of the one store every ten seconds.
    if (!refuses && now - this.#handedOverAt < QUIET * this.#tools.every) return;
    if (this.#pendingSince !== undefined) {
      const pending = now - this.#pendingSince;
      // The platform may end a request's background work: a hand-over that is long overdue will not come. Where the
      // clock was set back there is no telling.
      if (pending >= 0 && pending < 2 * this.#tools.every) return;
    }
    this.#pendingSince = now;
    execution.waitUntil(this.#handOver());
  }

  #add(route: string, code: string, mode: Mode, policy: string, count: number): void {
    let counts = this.#counts.get(route);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(route, counts);
    }
    const key = `${mode} ${code} ${policy}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { route, code, mode, policy, count });
    else known.count += count;
  }

  async #handOver(): Promise<void> {
    const { store, now, wait, log, every } = this.#tools;
    await wait(every);
    this.#pendingSince = undefined;
    this.#handedOverAt = now();
    const counts = [...this.#counts.values()].flatMap((each) => [...each.values()]);
    if (counts.length === 0) return;
    this.#counts = new Map();
    try {
      await store.add(counts, Math.floor(now() / HOUR_MS));
    } catch (error) {
      for (const { route, code, mode, policy, count } of counts) this.#add(route, code, mode, policy, count);
      log({ level: "warn", event: "refusal-counts-not-stored", cause: causeText(error) });
    }
  }
}

/** The hour that so many hours ago was, since the epoch. */
export function hoursAgo(hours: number, now: number): number {
  return Math.floor(now / HOUR_MS) - hours;
}

/** Which rule decided, and how. Why a service decided as it did may be anything, and is in the access log. */
function ruleOf(authorization: string): string {
  const end = authorization.indexOf(", ");
  return end < 0 ? authorization : authorization.slice(0, end);
}
