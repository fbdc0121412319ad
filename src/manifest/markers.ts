/**
 * How a compiled manifest, which is JSON, speaks of what is not: each marker is an object with one `$` key.
 * The build writes them; `revive` turns them into the running things when a route is first met.
 */
export type Marker =
  | { readonly $upstream: string }
  | { readonly $credential: number; readonly requirements: unknown }
  | { readonly $value: number }
  | { readonly $env: string; readonly secret: boolean }
  /** Data of the user's own that looks like a marker. */
  | { readonly $literal: unknown };

/** What each marker stands for. */
export interface Revivers {
  upstream(name: string): unknown;
  credential(index: number, requirements: unknown): unknown;
  value(index: number): unknown;
  env(name: string): string;
}

/** Parses a compiled part of the manifest and puts the running things in the markers' places. */
export function revive(json: string, revivers: Revivers): unknown {
  return reviveValue(JSON.parse(json), revivers);
}

function reviveValue(value: unknown, revivers: Revivers): unknown {
  if (Array.isArray(value)) return value.map((item) => reviveValue(item, revivers));
  if (typeof value !== "object" || value === null) return value;
  const marker = value as Record<string, unknown>;
  if ("$upstream" in marker) return revivers.upstream(marker.$upstream as string);
  if ("$credential" in marker) return revivers.credential(marker.$credential as number, marker.requirements);
  if ("$value" in marker) return revivers.value(marker.$value as number);
  if ("$env" in marker) return revivers.env(marker.$env as string);
  if ("$literal" in marker) return marker.$literal;
  for (const key of Object.keys(marker)) marker[key] = reviveValue(marker[key], revivers);
  return marker;
}
