import type { Requirements } from "./declare.ts";
import type { Identity } from "./identity.ts";

/** What of the requirements an identity lacks, for the log; undefined where it lacks nothing. */
export function lackingRight(identity: Identity, { scopes, claims }: Requirements): string | undefined {
  const scope = scopes?.find((wanted) => !identity.scopes.includes(wanted));
  if (scope !== undefined) return `the scope ${scope} is not granted`;
  for (const [name, wanted] of Object.entries(claims ?? {})) {
    const value = identity.claims[name];
    const held: readonly unknown[] = Array.isArray(value) ? value : [value];
    const accepted: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    if (!held.some((one) => accepted.includes(one)))
      return `the claim ${name} does not have an accepted value`;
  }
  return undefined;
}
