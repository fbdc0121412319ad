import type { Deps } from "../deps.ts";
import { type Refusal, refuse } from "../errors/refusal.ts";
import { counterKey } from "../limits/counter-key.ts";
import type { Countable } from "../limits/limit-key.ts";
import { inMode } from "../observe/report.ts";
import type { Turn } from "./gate.ts";
import { type ConcurrencyLimit, concurrencyFor } from "./limit.ts";
import type { Pass } from "./pass.ts";
import type { Holding } from "./permits.ts";
import { noRoom } from "./refusals.ts";

/** What limits work with. */
export type OccupyTools = Pick<Deps, "permits" | "random">;

/** What a request holds. */
export interface Occupied {
  /** Until the answer's headers are there. */
  readonly untilHeaders: readonly Pass[];
  /** Until its body has ended. */
  readonly untilBody: readonly Pass[];
}

/**
 * Takes a permit of each limit in turn, and holds all or none. Always in the order in which they are declared, so that
 * requests that wait with a permit in hand never wait for each other.
 * @param calledOff who waits, waits no longer when it aborts
 */
export async function occupy(
  limits: readonly ConcurrencyLimit[],
  ctx: Holding & Countable,
  tools: OccupyTools,
  calledOff?: AbortSignal,
): Promise<Occupied | { readonly refusal: Refusal }> {
  const untilHeaders: Pass[] = [];
  const untilBody: Pass[] = [];
  for (const declared of limits) {
    const limit = concurrencyFor(declared, ctx);
    const key = await counterKey(limit.prefix, limit.parts, ctx);
    const pass = await tools.permits.take(key, limit.terms, ctx, calledOff);
    if (typeof pass === "object") {
      (limit.until === "body" ? untilBody : untilHeaders).push(pass);
      continue;
    }
    const refusal = withoutPass(pass, limit, ctx, tools);
    if (refusal === undefined) continue;
    release(untilHeaders);
    release(untilBody);
    return { refusal };
  }
  return { untilHeaders, untilBody };
}

/** Gives permits back. */
export function release(passes: readonly Pass[]): void {
  for (const pass of passes) pass.release();
}

/** What becomes of a request for which there is no permit; undefined where it goes on without. */
function withoutPass(
  why: Exclude<Turn, "in">,
  limit: ConcurrencyLimit,
  ctx: Holding,
  { random }: Pick<OccupyTools, "random">,
): Refusal | undefined {
  if (why === "full") return inMode(limit.mode, noRoom(limit, random), "concurrency", ctx);
  ctx.record.notes ??= [];
  ctx.record.notes.push(`the permits of "${limit.name}" could not be asked for`);
  if (limit.onStoreFailure === "allow") return undefined;
  return inMode(limit.mode, refuse("store-unavailable", { cause: "permits" }), "concurrency", ctx);
}
