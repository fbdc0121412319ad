/** A JSON Schema object: draft 2020-12, as in OpenAPI 3.1. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** A JSON Schema. */
export type JsonSchema = SchemaObject | boolean;

/** Whether a value can be a schema. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "boolean" || isSchemaObject(value);
}

/** Whether a value can be a schema with keywords. */
export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schemas by name under a keyword such as `properties`. */
export function schemasOf(value: unknown): Readonly<Record<string, JsonSchema>> {
  const entries = isSchemaObject(value) ? Object.entries(value).filter(([, each]) => isSchema(each)) : [];
  return Object.fromEntries(entries) as Record<string, JsonSchema>;
}

/** The schemas in a list under a keyword such as `allOf`. */
export function schemaList(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

/** A keyword's value where it is a number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
