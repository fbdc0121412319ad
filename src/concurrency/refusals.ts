import type { Deps } from "../deps.ts";
import { type Refusal, refuse } from "../errors/refusal.ts";
import { jitteredRetryAfter } from "../http/retry-after.ts";
import type { ConcurrencyLimit } from "./limit.ts";

/** The refusal of a request for which there is no room: the caller's doing, or the gateway's. */
export function noRoom({ name, place, terms }: ConcurrencyLimit, random: Deps["random"]): Refusal {
  return refuse(place === "limit" ? "too-many-at-once" : "temporary-reduced-capacity", {
    ...(place === "limit" && {
      detail: `At most ${terms.limit} requests at once are allowed.`,
      extensions: { "violated-policies": [name] },
    }),
    headers: [["Retry-After", jitteredRetryAfter(random)]],
    cause: `the concurrency limit "${name}" has no room`,
  });
}
