import type { PartName } from "../../parts/part.ts";

/** A Durable Object class of the Worker's. */
interface ObjectClass {
  readonly name: string;
  /** Relative to the repository's root. */
  readonly file: string;
  /** Absent: every Worker has it. */
  readonly part?: PartName;
}

/** All of them, as wrangler.toml names them. */
export const OBJECTS: readonly ObjectClass[] = [
  { name: "BlocksObject", file: "src/stores/blocks/blocks-object.ts", part: "blocks" },
  { name: "ConsumersObject", file: "src/stores/consumers/consumers-object.ts", part: "consumers" },
  { name: "LimiterObject", file: "src/stores/counters/limiter-object.ts", part: "counters" },
  { name: "MeterIndexObject", file: "src/stores/meters/meter-index-object.ts", part: "meters" },
  { name: "MetersObject", file: "src/stores/meters/meters-object.ts", part: "meters" },
  { name: "NoncesObject", file: "src/stores/nonces/nonces-object.ts", part: "nonces" },
  { name: "PermitsObject", file: "src/stores/permits/permits-object.ts", part: "permits" },
  { name: "QuotasObject", file: "src/stores/quotas/quotas-object.ts", part: "quotas" },
  { name: "RefusalsObject", file: "src/stores/refusals/refusals-object.ts" },
  { name: "SessionsObject", file: "src/stores/sessions/sessions-object.ts", part: "sessions" },
  { name: "SignalsObject", file: "src/stores/signals/signals-object.ts", part: "signals" },
  { name: "SigningKeyObject", file: "src/stores/signing-key/signing-key-object.ts" },
];

/** All parts, for a Worker that is to have whatever there is. */
export const ALL_PARTS: readonly PartName[] = [...new Set(OBJECTS.flatMap(({ part }) => part ?? []))];

/**
 * Statements that export every class: a deployment that lacks one would delete what its objects keep.
 * @param source how the entry names a file of the repository
 */
export function objectExports(used: readonly PartName[], source: (path: string) => string): string[] {
  return OBJECTS.map(({ name, file, part }) =>
    part === undefined || used.includes(part)
      ? `export { ${name} } from ${source(file)};`
      : `export { UnusedObject as ${name} } from ${source("src/parts/unused-object.ts")};`,
  );
}
