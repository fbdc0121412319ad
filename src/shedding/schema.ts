import * as z from "zod";
import { mode } from "../schema/mode.ts";
import type { ShedOptions } from "../upstream/declare.ts";
import type { CompiledShed } from "./shed.ts";

const MOST = 100_000;

/** Schema of {@link ShedOptions}; build only. */
export function shedSchema(): z.ZodType<CompiledShed, ShedOptions> {
  const requests = z.int().min(1).max(MOST);
  return z
    .strictObject({
      start: requests.default(20),
      min: requests.default(4),
      max: requests.default(1_000),
      mode: mode(),
    })
    .refine(({ start, min, max }) => min <= start && start <= max, "must have min ≤ start ≤ max");
}
