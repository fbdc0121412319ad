import * as z from "zod";
import { PRIORITIES, type Priority } from "../../shedding/priority.ts";
import type { Policy } from "../policy.ts";

/**
 * How much a route's requests matter where an upstream with `shed` cannot bear all: `background` requests are refused
 * first, once three quarters of what it can bear are in flight, `normal` ones (the default) at nine tenths, `critical`
 * ones only when there is no room at all. Optional steps of a composition go before all of them, whatever their route.
 */
export type PriorityOptions = Priority;

/** @returns the schema of {@link PriorityOptions}. */
export function options() {
  const schema: z.ZodType<Priority, PriorityOptions> = z.enum(PRIORITIES);
  return schema;
}

export function create(priority: Priority): Policy {
  return { priority };
}
