import { isSchemaObject, type SchemaObject } from "./json-schema.ts";

/** What two schemas that must both hold say together; undefined where no value could fit both. */
export function mergeSchemas(a: SchemaObject, b: SchemaObject): SchemaObject | undefined {
  const merged: Record<string, unknown> = { ...a };
  for (const [keyword, theirs] of Object.entries(b)) {
    const ours = a[keyword];
    const together = ours === undefined ? theirs : (MERGES[keyword]?.(ours, theirs) ?? ours);
    if (together === CONTRADICTION) return undefined;
    merged[keyword] = together;
  }
  return merged;
}

const CONTRADICTION = Symbol("contradiction");

/** How two values of a keyword become one. Of a keyword that is not here the first counts. */
const MERGES: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  type: mergeTypes,
  const: (a, b) => (isSame(a, b) ? a : CONTRADICTION),
  enum: (a, b) => some([a].flat().filter((value) => [b].flat().some((each) => isSame(value, each)))),
  required: union,
  properties: mergeMembers,
  patternProperties: mergeMembers,
  additionalProperties: both,
  propertyNames: both,
  items: both,
  contains: both,
  prefixItems: (a, b) => mergePositions([a].flat(), [b].flat()),
  uniqueItems: either,
  pattern: union,
  multipleOf: (a, b) => commonMultiple(Number(a), Number(b)),
  minimum: highest,
  maximum: lowest,
  exclusiveMinimum: (a, b) => (typeof a === "boolean" ? either(a, b) : highest(a, b)),
  exclusiveMaximum: (a, b) => (typeof a === "boolean" ? either(a, b) : lowest(a, b)),
  minLength: highest,
  maxLength: lowest,
  minItems: highest,
  maxItems: lowest,
  minProperties: highest,
  maxProperties: lowest,
};

function highest(a: unknown, b: unknown): number {
  return Math.max(Number(a), Number(b));
}

function lowest(a: unknown, b: unknown): number {
  return Math.min(Number(a), Number(b));
}

function either(a: unknown, b: unknown): boolean {
  return a === true || b === true;
}

function union(a: unknown, b: unknown): unknown[] {
  return [...new Set([a, b].flat())];
}

/** Merged where it is met: what stands deep in a schema may refer to the schema itself. */
function both(a: unknown, b: unknown): unknown {
  return { allOf: [a, b] };
}

function mergeMembers(a: unknown, b: unknown): unknown {
  if (!isSchemaObject(a) || !isSchemaObject(b)) return a;
  const merged: Record<string, unknown> = { ...a };
  for (const [name, schema] of Object.entries(b)) {
    merged[name] = Object.hasOwn(a, name) ? both(a[name], schema) : schema;
  }
  return merged;
}

function mergePositions(a: readonly unknown[], b: readonly unknown[]): unknown[] {
  const longer = a.length < b.length ? b : a;
  return longer.map((schema, index) =>
    index < Math.min(a.length, b.length) ? both(a[index], b[index]) : schema,
  );
}

function mergeTypes(a: unknown, b: unknown): unknown {
  const ours = [a].flat();
  const theirs = [b].flat();
  return some([
    ...ours.filter((type) => theirs.includes(type) || (type === "integer" && theirs.includes("number"))),
    ...(ours.includes("number") && !ours.includes("integer") && theirs.includes("integer")
      ? ["integer"]
      : []),
  ]);
}

function some(list: readonly unknown[]): unknown {
  return list.length === 0 ? CONTRADICTION : list;
}

function commonMultiple(a: number, b: number): number {
  if (a % b === 0) return a;
  return b % a === 0 ? b : a * b;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
