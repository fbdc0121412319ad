/** Tokens that come free later, by when: a bounded number of slots, however many took them. */
export interface Outstanding {
  /** The number of the first slot that may hold something. */
  first: number;
  /** Slot `n` is at `n % SLOTS`. */
  readonly slots: number[];
  total: number;
}

/** How finely time is told apart: what comes free does so up to a 60th of the longest hold too late, never too early. */
const SLOTS = 64;
/** Slots that the longest hold spans; the others are room for rounding up. */
const SPANNED = 60;

/** Nothing. */
export function noneOutstanding(): Outstanding {
  return { first: 0, slots: new Array<number>(SLOTS).fill(0), total: 0 };
}

/** How long it takes at most until what is held for so many ms comes free. */
export function latestMs(ms: number): number {
  return ms + 2 * slotMs(ms);
}

/** A slot's length in ms, where nothing is held for longer than `longestMs`. */
function slotMs(longestMs: number): number {
  return Math.ceil(longestMs / SPANNED);
}

/**
 * Frees what is due by `now`. Where the clock goes back, nothing is freed.
 * @param before is told of each moment at which something comes free, before it does, in their order.
 */
export function free(
  outstanding: Outstanding,
  longestMs: number,
  now: number,
  before?: (at: number) => void,
): void {
  const { slots } = outstanding;
  const length = slotMs(longestMs);
  const current = Math.floor(now / length);
  if (current <= outstanding.first) return;
  const last = Math.min(current, outstanding.first + SLOTS);
  for (let slot = outstanding.first; slot < last; slot++) {
    const freed = slots[slot % SLOTS]!;
    if (freed === 0) continue;
    before?.((slot + 1) * length);
    slots[slot % SLOTS] = 0;
    outstanding.total -= freed;
  }
  outstanding.first = current;
}

/** Holds tokens until `until`, at most `longestMs` after the `now` of the last {@link free}. */
export function hold(outstanding: Outstanding, longestMs: number, tokens: number, until: number): void {
  // The slot in which it is due is over only later.
  const slot = Math.max(outstanding.first, Math.ceil(until / slotMs(longestMs)) - 1);
  outstanding.slots[slot % SLOTS]! += tokens;
  outstanding.total += tokens;
}

/** When how many tokens come free, in order. */
export function* releases(
  { first, slots }: Outstanding,
  longestMs: number,
): Generator<{ readonly at: number; readonly tokens: number }> {
  for (let slot = first; slot < first + SLOTS; slot++) {
    const tokens = slots[slot % SLOTS]!;
    if (tokens > 0) yield { at: (slot + 1) * slotMs(longestMs), tokens };
  }
}

/** The same held in slots for a longer hold: nothing comes free earlier, and by at most one of the new slots later. */
export function widen(
  outstanding: Outstanding,
  longestMs: number,
  newLongestMs: number,
  now: number,
): Outstanding {
  const widened = noneOutstanding();
  free(widened, newLongestMs, now);
  for (const { at, tokens } of releases(outstanding, longestMs)) hold(widened, newLongestMs, tokens, at);
  return widened;
}
