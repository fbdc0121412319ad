import * as z from "zod";

/** What the reference reads of a JSON Schema that zod made. */
export interface JsonSchema {
  readonly type?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of durations, sizes, templates and expressions. */
  readonly unit?: string;
  readonly min?: string;
  readonly max?: string;
}

/** What a manifest may write, as JSON Schema. What only code can tell is left open in it. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
}

/** Whether any JSON value may be written: the one schema that refers to itself. */
export function isJson(schema: JsonSchema | undefined): boolean {
  return schema?.$ref !== undefined;
}

/** The schema of a list's items. */
export function itemSchema(schema: JsonSchema | undefined): JsonSchema | undefined {
  return firstOf(schema, ({ items }) => items);
}

/** The schema of a map's values. */
export function valueSchema(schema: JsonSchema | undefined): JsonSchema | undefined {
  return firstOf(schema, ({ additionalProperties }) =>
    typeof additionalProperties === "object" ? additionalProperties : undefined,
  );
}

/** The schema among the alternatives that is a duration, a size or a template. */
export function measuredSchema(schema: JsonSchema | undefined): JsonSchema | undefined {
  return firstOf(schema, (each) => (each.unit === undefined ? undefined : each));
}

/** The schemas of an object's members; undefined where the schema does not tell them. */
export function memberSchemas(
  schema: JsonSchema | undefined,
): Readonly<Record<string, JsonSchema>> | undefined {
  return firstOf(schema, ({ properties }) => properties);
}

function firstOf<T>(
  schema: JsonSchema | undefined,
  part: (schema: JsonSchema) => T | undefined,
): T | undefined {
  if (schema === undefined) return undefined;
  for (const each of [schema, ...(schema.anyOf ?? [])]) {
    const found = part(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
