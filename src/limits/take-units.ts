import { MAX_FILLING, MAX_UNITS, type RateLimit } from "./limit.ts";
import type { Ruled } from "./ruling.ts";

/**
 * Takes what a user's function said of a limit.
 * @throws {Error} that says what is wrong with it, without what is in it
 */
export function takeUnits(
  given: unknown,
  { algorithm, windowMs, cost }: Pick<RateLimit, "algorithm" | "windowMs" | "cost">,
): Ruled {
  if (given === undefined || given === "exempt") return given;
  if (typeof given !== "object" || given === null)
    throw new Error(`gave ${typeof given}, no { limit, burst? }`);
  const { limit, burst = limit, ...others } = given as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new Error(`${JSON.stringify(other)} is not known`);
  if (!isUnits(limit)) throw new Error(`limit is no whole number from 1 to ${MAX_UNITS}`);
  if (!isUnits(burst)) throw new Error(`burst is no whole number from 1 to ${MAX_UNITS}`);
  if (burst !== limit && algorithm !== "tokenBucket")
    throw new Error('burst is for algorithm: "tokenBucket" alone');
  if ((burst * windowMs) / limit > MAX_FILLING)
    throw new Error("burst would take more than 30 days to flow in");
  const least = typeof cost === "object" ? cost.atFirst : cost;
  if (typeof least === "number" && least > burst)
    throw new Error(`a request costs ${least}: it could never be granted`);
  return { limit, burst };
}

function isUnits(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= MAX_UNITS;
}
