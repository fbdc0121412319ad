import * as z from "zod";
import type { Mode } from "../observe/report.ts";

/** Schema of a policy's `mode`. Default `enforce`. */
export function mode(): z.ZodDefault<z.ZodType<Mode, Mode>> {
  return (z.enum(["enforce", "report"]) as z.ZodType<Mode, Mode>).default("enforce");
}
