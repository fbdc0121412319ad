import type { Consumer } from "../../stores/consumers/consumer.ts";
import type { Answer } from "./known-answers.ts";

/** What of a registered caller counts for whoever calls in its name. */
export type Standing = Pick<Consumer, "suspended" | "plan" | "roles">;

/** What an isolate knows of a registered caller. */
export interface KnownConsumer extends Answer {
  /** The same object for as long as it says the same: what was made of it is good for so long. */
  readonly standing: Standing;
}

/** Makes ready what the registry says of a consumer. @param before what was known of it until now */
export function knownConsumer(
  { suspended, plan, roles }: Standing,
  askedAt: number,
  before?: KnownConsumer,
): KnownConsumer {
  const standing = { suspended, ...(plan !== undefined && { plan }), roles: Object.freeze([...roles]) };
  const same = before !== undefined && isSame(before.standing, standing);
  return {
    standing: same ? before.standing : Object.freeze(standing),
    askedAt,
    expiresAt: Number.POSITIVE_INFINITY,
  };
}

/** By what they say: versions may begin anew where a consumer was removed and registered again. */
function isSame(a: Standing, b: Standing): boolean {
  return (
    a.suspended === b.suspended &&
    a.plan === b.plan &&
    a.roles.length === b.roles.length &&
    a.roles.every((role, index) => role === b.roles[index])
  );
}
