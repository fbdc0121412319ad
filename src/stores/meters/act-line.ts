/** What an operator has done to a consumer's meters. */
export type ActLine = {
  /** Counts the consumer's lines. */
  readonly number: number;
  /** ms since the epoch */
  readonly at: number;
  readonly actor: string;
  readonly reason: string;
} & (CreditMoved | BatchDiscarded);

/** Credit that was added, or taken away. */
export interface CreditMoved {
  readonly did: "credit";
  /** Below zero where it was taken away. */
  readonly units: number;
  /** What there was afterwards. */
  readonly balance: number;
}

/** A dead batch that was given up. */
export interface BatchDiscarded {
  readonly did: "discard";
  readonly batch: string;
  readonly upstream: string;
  readonly path: string;
  /** When it was made, in ms since the epoch. */
  readonly made: number;
  /** What nobody is billed for, by event. */
  readonly units: Readonly<Record<string, number>>;
  /** What became of its last try. */
  readonly last?: string;
}

/** A line before it is written. */
export type NewLine = ActLine extends infer Line
  ? Line extends ActLine
    ? Omit<Line, "number">
    : never
  : never;

/** How long lines are kept, in ms, and with them the keys under which credit was added. */
export const LINE_MS = 400 * 86_400_000;
/** How many lines of a consumer are kept. */
export const MOST_LINES = 10_000;
