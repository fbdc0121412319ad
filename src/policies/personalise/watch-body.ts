import * as z from "zod";
import { latestEnd } from "../../streams/latest-end.ts";
import { tap } from "../../streams/tap.ts";
import type { Policy, Resolved, Tools } from "../policy.ts";

/**
 * Watches the answer's body: the access-log line is written when it has ended, with the bytes sent and, where it
 * broke off, whose fault that was. Without it a body streams untouched and the line is written with its headers:
 * watching costs about as much CPU again as forwarding. `stream` watches too.
 */
export type WatchBodyOptions = true;

const UNBOUNDED = { idle: Number.POSITIVE_INFINITY, end: latestEnd(undefined, undefined, 0) };

/** @returns the schema of {@link WatchBodyOptions}. */
export function options() {
  const schema: z.ZodType<WatchBodyOptions, WatchBodyOptions> = z.literal(true);
  return schema;
}

export function create(_: Resolved<WatchBodyOptions>, { deps }: Pick<Tools, "deps">): Policy {
  return { personalise: (ctx, response) => tap(ctx, response, UNBOUNDED, deps.now) };
}
