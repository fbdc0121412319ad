import type { Blueprint, UpstreamBlueprint } from "../manifest/blueprint.ts";
import type { Marker } from "../manifest/markers.ts";
import { type Replacements, spellings } from "./redact.ts";

/** A shorter secret would be found in texts that have nothing to do with it. */
const SHORTEST = 6;
const SECRET_MARKER = /\{"\$env":"([^"\\]+)","secret":true\}/g;
/** Secrets of the gateway itself. */
const OWN = ["ISOGATE_ADMIN_SECRET", "UPSTASH_REDIS_REST_TOKEN"];

/** The values of all secrets, and what is shown in their place. The longest first: one may hold another. */
export function secretTexts(blueprint: Blueprint, env: Readonly<Record<string, unknown>>): Replacements {
  const { routes, policies, credentials, upstreams, unmatched } = blueprint;
  const names = new Set(OWN);
  for (const json of [...routes, ...policies, ...credentials, ...Object.values(upstreams), unmatched]) {
    for (const [, name] of json.matchAll(SECRET_MARKER)) names.add(name!);
  }
  return [...names]
    .flatMap((name): Replacements => {
      const value = env[name];
      if (typeof value !== "string" || value.length < SHORTEST) return [];
      return [...new Set(spellings(value))].map((text) => [text, `{${name}}`] as const);
    })
    .toSorted(([a], [b]) => b.length - a.length);
}

/** The base of an upstream's URLs as it may be shown: the name where it is a secret. */
export function originText(blueprint: Blueprint, upstream: string, base: string): string {
  const json = blueprint.upstreams[upstream];
  const origin = json === undefined ? undefined : (JSON.parse(json) as UpstreamBlueprint).origin;
  const { $env, secret } = (origin ?? {}) as Partial<Extract<Marker, { $env: string }>>;
  return $env !== undefined && secret === true ? `{${$env}}` : base;
}
