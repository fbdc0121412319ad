import { refer } from "./flatten.ts";
import {
  isSchemaObject,
  type JsonSchema,
  numberOf,
  type SchemaObject,
  schemaList,
  schemasOf,
} from "./json-schema.ts";
import { compile } from "./sample-pattern.ts";

/**
 * The first thing about a value that its schema (draft 2020-12) does not allow, such as "`price`: is no number".
 * Formats are notes, as the draft has them by default; `unevaluatedProperties` and `unevaluatedItems` are not judged.
 * @param root what local references begin at.
 */
export function misfit(
  schema: JsonSchema,
  value: unknown,
  root: JsonSchema,
  path: readonly string[] = [],
): string | undefined {
  const at = (reason: string) => (path.length === 0 ? reason : `\`${path.join(".")}\`: ${reason}`);
  if (schema === true) return undefined;
  if (schema === false) return at("may not be there");
  const own = wrongType(schema, value) ?? wrongValue(schema, value);
  if (own !== undefined) return at(own);
  const inner = (part: JsonSchema, of: unknown, ...keys: string[]) =>
    misfit(part, of, root, [...path, ...keys]);
  if (typeof schema.$ref === "string") {
    const wrong = inner(refer(schema.$ref, root), value);
    if (wrong !== undefined) return wrong;
  }
  return firstOf([
    () => wrongCombination(schema, value, inner, at),
    () => (Array.isArray(value) ? wrongItems(schema, value, inner, at) : undefined),
    () => (isSchemaObject(value) ? wrongMembers(schema, value, inner, at) : undefined),
  ]);
}

type Inner = (part: JsonSchema, of: unknown, ...keys: string[]) => string | undefined;
type At = (reason: string) => string;

function firstOf(checks: ReadonlyArray<() => string | undefined>): string | undefined {
  for (const check of checks) {
    const wrong = check();
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function wrongType({ type }: SchemaObject, value: unknown): string | undefined {
  if (type === undefined) return undefined;
  const types = [type].flat().map(String);
  const is = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (types.includes(is) || (types.includes("integer") && Number.isInteger(value))) return undefined;
  return `is no ${types.join(" or ")}`;
}

function wrongValue(schema: SchemaObject, value: unknown): string | undefined {
  const { enum: list } = schema;
  if (schema.const !== undefined && !isSame(schema.const, value))
    return `is not ${JSON.stringify(schema.const)}`;
  if (Array.isArray(list) && !list.some((each) => isSame(each, value))) return "is not in its `enum`";
  if (typeof value === "string") {
    const unlike = [schema.pattern ?? []]
      .flat()
      .find((pattern) => compile(String(pattern))?.test(value) === false);
    if (unlike !== undefined) return `does not fit the pattern ${unlike}`;
    return outOfBounds(schema, "Length", [...value].length, "characters");
  }
  if (typeof value !== "number") return undefined;
  const multipleOf = numberOf(schema.multipleOf);
  const parts = multipleOf === undefined ? 0 : value / multipleOf;
  if (Math.abs(parts - Math.round(parts)) > 1e-9) return `is no multiple of ${multipleOf}`;
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum } = schema;
  if (value < Number(minimum) || (exclusiveMinimum === true && value === minimum))
    return `is less than ${minimum}`;
  if (value > Number(maximum) || (exclusiveMaximum === true && value === maximum))
    return `is more than ${maximum}`;
  if (value <= (numberOf(exclusiveMinimum) ?? -Infinity)) return `is not more than ${exclusiveMinimum}`;
  if (value >= (numberOf(exclusiveMaximum) ?? Infinity)) return `is not less than ${exclusiveMaximum}`;
  return undefined;
}

function outOfBounds(schema: SchemaObject, what: string, count: number, noun: string): string | undefined {
  const least = numberOf(schema[`min${what}`]) ?? 0;
  const most = numberOf(schema[`max${what}`]) ?? Infinity;
  if (count < least) return `has fewer than ${least} ${noun}`;
  return count > most ? `has more than ${most} ${noun}` : undefined;
}

function wrongCombination(schema: SchemaObject, value: unknown, inner: Inner, at: At): string | undefined {
  const { anyOf, oneOf, not, if: condition } = schema;
  for (const part of schemaList(schema.allOf)) {
    const wrong = inner(part, value);
    if (wrong !== undefined) return wrong;
  }
  const fitting = (list: unknown) =>
    schemaList(list).filter((part) => inner(part, value) === undefined).length;
  if (Array.isArray(anyOf) && fitting(anyOf) === 0) return at("fits none of its `anyOf`");
  const count = Array.isArray(oneOf) ? fitting(oneOf) : 1;
  if (count !== 1) return at(`fits ${count === 0 ? "none" : count} of its \`oneOf\``);
  if (not !== undefined && inner(not as JsonSchema, value) === undefined) return at("fits its `not`");
  if (condition === undefined) return undefined;
  const branch = inner(condition as JsonSchema, value) === undefined ? schema.then : schema.else;
  return branch === undefined ? undefined : inner(branch as JsonSchema, value);
}

function wrongItems(
  schema: SchemaObject,
  value: readonly unknown[],
  inner: Inner,
  at: At,
): string | undefined {
  const isDraft7 = Array.isArray(schema.items);
  const positions = schemaList(isDraft7 ? schema.items : schema.prefixItems);
  const rest = ((isDraft7 ? schema.additionalItems : schema.items) ?? true) as JsonSchema;
  for (const [index, item] of value.entries()) {
    const wrong = inner(positions[index] ?? rest, item, String(index));
    if (wrong !== undefined) return wrong;
  }
  const count = outOfBounds(schema, "Items", value.length, "items");
  if (count !== undefined) return at(count);
  const isTwice = (item: unknown, index: number) => value.slice(0, index).some((each) => isSame(each, item));
  if (schema.uniqueItems === true && value.some(isTwice)) return at("has an item twice");
  if (schema.contains === undefined) return undefined;
  const containing = value.filter((item) => inner(schema.contains as JsonSchema, item) === undefined).length;
  const { minContains = 1, maxContains } = schema;
  return containing < Number(minContains) || containing > (numberOf(maxContains) ?? Infinity)
    ? at("does not have as many items that fit `contains` as it must")
    : undefined;
}

function wrongMembers(schema: SchemaObject, value: SchemaObject, inner: Inner, at: At): string | undefined {
  const names = Object.keys(value);
  const { propertyNames } = schema;
  const named = (dependent: unknown) =>
    isSchemaObject(dependent)
      ? Object.entries(dependent).flatMap(([name, of]) => (Object.hasOwn(value, name) ? [of] : []))
      : [];
  const required = [schema.required ?? [], named(schema.dependentRequired)].flat(2).map(String);
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return at(`has no \`${missing}\``);
  const count = outOfBounds(schema, "Properties", names.length, "properties");
  if (count !== undefined) return at(count);
  for (const name of names) {
    const wrong = firstOf([
      ...schemasOfMember(schema, name).map((part) => () => inner(part, value[name], name)),
      () => (propertyNames === undefined ? undefined : inner(propertyNames as JsonSchema, name, name)),
    ]);
    if (wrong !== undefined) return wrong;
  }
  return firstOf(schemaList(named(schema.dependentSchemas)).map((part) => () => inner(part, value)));
}

/** The schemas that a member must fit: those that name it, or else what the rest must fit. */
export function schemasOfMember(schema: SchemaObject, name: string): readonly JsonSchema[] {
  const properties = schemasOf(schema.properties);
  const patterns = Object.entries(schemasOf(schema.patternProperties));
  const naming = [
    ...(Object.hasOwn(properties, name) ? [properties[name]!] : []),
    ...patterns.filter(([pattern]) => compile(pattern)?.test(name)).map(([, part]) => part),
  ];
  return naming.length > 0 ? naming : [(schema.additionalProperties ?? true) as JsonSchema];
}

/** JSON equality, whatever the order of members. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isSchemaObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
