import { numberOf, type SchemaObject } from "./json-schema.ts";

/**
 * A number that fits: 1 where nothing speaks against it.
 * @param nth gives another one where there is more than one.
 * @returns undefined where no number fits
 */
export function sampleNumber(schema: SchemaObject, integer: boolean, nth: number): number | undefined {
  const bounds = boundsOf(schema);
  const multiple = numberOf(schema.multipleOf);
  const step = integer ? wholeStep(multiple) : multiple;
  if (step !== undefined) return onGrid(bounds, step, nth);
  const { low, high } = bounds;
  const between = low + ((high - low) * (nth + 1)) / (nth + 2);
  const candidates = [1 + nth, low + nth, low + nth + 1, between, high - nth, high];
  return candidates.find((number) => Number.isFinite(number) && fits(number, bounds));
}

interface Bounds {
  readonly low: number;
  readonly lowOpen: boolean;
  readonly high: number;
  readonly highOpen: boolean;
}

function boundsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaObject): Bounds {
  const low = Math.max(numberOf(minimum) ?? -Infinity, numberOf(exclusiveMinimum) ?? -Infinity);
  const high = Math.min(numberOf(maximum) ?? Infinity, numberOf(exclusiveMaximum) ?? Infinity);
  return {
    low,
    // OpenAPI 3.0 says `exclusiveMinimum: true` beside `minimum`.
    lowOpen: exclusiveMinimum === true || low === exclusiveMinimum,
    high,
    highOpen: exclusiveMaximum === true || high === exclusiveMaximum,
  };
}

function fits(number: number, { low, lowOpen, high, highOpen }: Bounds): boolean {
  return (lowOpen ? number > low : number >= low) && (highOpen ? number < high : number <= high);
}

/** The step from one integer that is a multiple to the next. */
function wholeStep(multiple = 1): number {
  for (let times = 1; times <= 1_000; times++) {
    const step = exact(multiple * times);
    if (Number.isInteger(step)) return step;
  }
  return multiple;
}

/** Multiples of a step, the first that is at least 1 before others. */
function onGrid(bounds: Bounds, step: number, nth: number): number | undefined {
  const { low, high } = bounds;
  if (!(step > 0)) return undefined;
  let first = Math.ceil(exact(low / step));
  if (!fits(exact(first * step), bounds)) first++;
  let last = Math.floor(exact(high / step));
  if (!fits(exact(last * step), bounds)) last--;
  if (first > last) return undefined;
  const start = Math.min(Math.max(Math.ceil(exact(1 / step)), first), last);
  const index = start + nth <= last ? start + nth : Math.max(first, start - nth);
  const number = exact(index * step);
  return Number.isFinite(number) && fits(number, bounds) ? number : undefined;
}

/** Without what binary makes of decimals: 3 × 0.1 is 0.30000000000000004. */
function exact(number: number): number {
  return Number.isFinite(number) ? Number(number.toPrecision(14)) : number;
}
