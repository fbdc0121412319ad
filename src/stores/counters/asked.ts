import { type Ask, MOST_UNITS } from "../../leases/message.ts";
import { algorithms } from "./algorithms.ts";
import type { Allowance, Take } from "./counter-store.ts";

/** Nobody sees one unit in thirty years, in units a ms, nor any in less than a microsecond. */
const SLOWEST = 1e-12;
const SHORTEST = 1e-3;

/**
 * What comes from an isolate is looked at before a counter is touched: one number that is none would spoil it for all.
 * @throws {RangeError} where it makes no sense
 */
export function checkAllowance({ algorithm, limit, windowMs, burst }: Allowance): void {
  const sound =
    Object.hasOwn(algorithms, algorithm) &&
    limit >= 1 &&
    windowMs >= 1 &&
    burst >= 1 &&
    [limit, windowMs, burst, limit * windowMs, burst * windowMs].every(Number.isSafeInteger);
  if (!sound) throw new RangeError("an allowance that makes no sense");
}

/** @throws {RangeError} where a cost or units used are no whole number from 1, or the allowance makes no sense */
export function checkUnits({ allowance, cost }: Pick<Take, "allowance" | "cost">): void {
  checkAllowance(allowance);
  if (!(Number.isSafeInteger(cost) && cost >= 1)) throw new RangeError("units that make no sense");
}

/** @throws {RangeError} where an ask, or its allowance, makes no sense */
export function checkAsk(
  { want, least, owed, rate, seen, span, held, before }: Ask,
  allowance: Allowance,
): void {
  checkAllowance(allowance);
  const told = [rate, seen, span, before?.rate ?? 0];
  const sound =
    least >= 1 &&
    (want === 0 || want + held >= least) &&
    [want, least, owed, held].every(
      (units) => Number.isSafeInteger(units) && units >= 0 && units <= MOST_UNITS,
    ) &&
    // What is worked out of larger or smaller numbers might become infinite, and then no number.
    (rate === 0 || (rate >= SLOWEST && span >= SHORTEST)) &&
    told.every((number) => typeof number === "number" && number >= 0 && number <= Number.MAX_SAFE_INTEGER) &&
    (before === undefined || Number.isSafeInteger(before.period));
  if (!sound) throw new RangeError("an ask that makes no sense");
}
