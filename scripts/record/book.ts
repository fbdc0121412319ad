import type { RecordedAnswer, RecordedExchange, Recording } from "../../src/upstream/recorded/recording.ts";

/** What tells one request from another in a recording. */
export type RequestKey = Omit<RecordedExchange, "answers">;

/** A recording that grows. */
export class Book {
  readonly #origin: string;
  readonly #redacted: Set<string>;
  readonly #exchanges = new Map<string, RecordedExchange>();
  /** Keys of the requests that were made since this began: their former answers are gone. */
  readonly #fresh = new Set<string>();

  /** @param former what was recorded before; of what is asked again nothing is kept */
  constructor(origin: string, former: Recording | undefined) {
    this.#origin = origin;
    this.#redacted = new Set(former?.redacted);
    for (const exchange of former?.exchanges ?? []) this.#exchanges.set(keyOf(exchange), exchange);
  }

  /** Notes an answer, unless it is the one before it once more. @param redacted parameters left out of the target */
  add(request: RequestKey, answer: RecordedAnswer, redacted: readonly string[]): void {
    for (const name of redacted) this.#redacted.add(name);
    const key = keyOf(request);
    const before = this.#fresh.has(key) ? (this.#exchanges.get(key)?.answers ?? []) : [];
    this.#fresh.add(key);
    const last = before.at(-1);
    if (last !== undefined && JSON.stringify(last) === JSON.stringify(answer)) return;
    this.#exchanges.set(key, { ...request, answers: [...before, answer] });
  }

  /** Sorted, so that what did not change stands where it stood. */
  recording(): Recording {
    const exchanges = [...this.#exchanges.values()].sort(
      (a, b) =>
        compare(a.target, b.target) ||
        compare(a.method, b.method) ||
        compare(a.body ?? "", b.body ?? "") ||
        compare(JSON.stringify(a.vary) ?? "", JSON.stringify(b.vary) ?? ""),
    );
    return { version: 1, origin: this.#origin, redacted: [...this.#redacted].sort(), exchanges };
  }
}

function keyOf({ method, target, body, vary }: RequestKey): string {
  return JSON.stringify([target, method, body ?? "", vary ?? {}]);
}

/** By code units, whatever the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
