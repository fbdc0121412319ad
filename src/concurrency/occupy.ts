import type { Deps } from "../deps.ts";
import { type Refusal, refuse } from "../errors/refusal.ts";
import { counterKey } from "../limits/counter-key.ts";
import type { Countable } from "../limits/limit-key.ts";
import { inMode } from "../observe/report.ts";
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
 */
export async function occupy(
  limits: readonly ConcurrencyLimit[],
  ctx: Holding & Countable,
  tools: OccupyTools,
): Promise<Occupied | { readonly refusal: Refusal }> {
  const untilHeaders: Pass[] = [];
  const untilBody: Pass[] = [];
  for (const declared of limits) {
    const limit = concurrencyFor(declared, ctx);
    const refusal = await one(limit, ctx, tools, limit.until === "body" ? untilBody : untilHeaders);
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

async function one(
  limit: ConcurrencyLimit,
  ctx: Holding & Countable,
  { permits, random }: OccupyTools,
  held: Pass[],
): Promise<Refusal | undefined> {
  const pass = await permits.take(await counterKey(limit.prefix, limit.parts, ctx), limit.terms, ctx);
  if (typeof pass === "object") {
    held.push(pass);
    return undefined;
  }
  if (pass === "full") return inMode(limit.mode, noRoom(limit, random), "concurrency", ctx);
  ctx.record.notes ??= [];
  ctx.record.notes.push(`the permits of "${limit.name}" could not be asked for`);
  if (limit.onStoreFailure === "allow") return undefined;
  return inMode(limit.mode, refuse("store-unavailable", { cause: "permits" }), "concurrency", ctx);
}
