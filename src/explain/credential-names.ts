import { foldName } from "../http/fold-name.ts";
import type { Blueprint, UpstreamBlueprint } from "../manifest/blueprint.ts";

/** Names under which a manifest has credentials travel, whatever they are called. In lower case. */
export interface CredentialNames {
  /** Header fields, folded. */
  readonly headers: readonly string[];
  /** Query parameters. */
  readonly parameters: readonly string[];
}

export const NO_NAMES: CredentialNames = { headers: [], parameters: [] };

/** Keys of options under which a credential says where it is: a name, a list of names, or an object by name. */
const HEADER_KEYS: readonly string[] = ["header", "forwardHeaders", "fields"];
const PARAMETER_KEYS: readonly string[] = ["query"];

/** The names of every credential that the manifest declares: its callers', and the gateway's own at its upstreams. */
export function credentialNames({
  credentials,
  upstreams,
}: Pick<Blueprint, "credentials" | "upstreams">): CredentialNames {
  const presented = Object.values(upstreams).map((json) => (JSON.parse(json) as UpstreamBlueprint).presents);
  const options = [...credentials.map((json) => JSON.parse(json || "null") as unknown), ...presented];
  return {
    headers: [...new Set(options.flatMap((each) => namesUnder(HEADER_KEYS, each)))].map(foldName),
    parameters: [...new Set(options.flatMap((each) => namesUnder(PARAMETER_KEYS, each)))],
  };
}

/** The names that both know. */
export function joinNames(a: CredentialNames, b: CredentialNames): CredentialNames {
  return { headers: [...a.headers, ...b.headers], parameters: [...a.parameters, ...b.parameters] };
}

function namesUnder(keys: readonly string[], data: unknown): string[] {
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).flatMap(([key, value]: [string, unknown]) =>
    keys.includes(key) ? namesOf(value) : namesUnder(keys, value),
  );
}

function namesOf(value: unknown): string[] {
  if (typeof value === "string") return [value.toLowerCase()];
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) =>
    namesOf(typeof each === "object" && each !== null ? (each as { name?: unknown }).name : each),
  );
}
