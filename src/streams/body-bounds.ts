import type { LatestEnd } from "./latest-end.ts";

/** How long a body may take on its way to the client. */
export interface BodyBounds {
  /** ms without a byte moving, be it that none comes or that none is taken; `Infinity` for ever. */
  readonly idle: number;
  readonly end: LatestEnd;
}

/** Where a body is: whom it waits for, and since when. */
export interface BodyProgress {
  waitingFor: "upstream" | "client";
  /** When a byte last moved, in ms since the epoch. */
  movedAt: number;
}

/** Why a body was ended. */
export interface CutReason {
  readonly reason: string;
  /** Who kept it waiting, where anybody did. */
  readonly fault?: "upstream" | "client";
}

/** When a body is ended unless it moves on: ms since the epoch. */
export function cutAt({ idle, end }: BodyBounds, { movedAt }: BodyProgress): number {
  return Math.min(movedAt + idle, end.at);
}

/** Why a body is ended that has come to {@link cutAt}. */
export function cutReason({ idle, end }: BodyBounds, { waitingFor, movedAt }: BodyProgress): CutReason {
  if (end.at <= movedAt + idle) return { reason: end.reason };
  const what = waitingFor === "upstream" ? "nothing came from the upstream" : "the client took nothing";
  return { reason: `${what} for ${idle} ms`, fault: waitingFor };
}
