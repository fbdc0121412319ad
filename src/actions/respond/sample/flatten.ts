import { isSchema, type JsonSchema, type SchemaObject, schemaList } from "./json-schema.ts";
import { mergeSchemas } from "./merge.ts";

/** One way in which a schema can be met: keywords that hold together, with no reference and no choice left. */
export interface Flat {
  readonly keywords: SchemaObject;
  /** Values that the schema's author gives, the best first. */
  readonly authored: readonly unknown[] | undefined;
  /** How many of the schemas that were put together assert something. */
  readonly asserting: number;
  /** Referred schemas that this one stands in: to meet one again would never end. */
  readonly open: ReadonlySet<unknown>;
}

/** Says nothing of what values may be. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...["$schema", "$id", "$comment", "$defs", "$anchor", "definitions", "title", "description", "deprecated"],
  ...["default", "example", "examples", "readOnly", "writeOnly", "externalDocs", "xml", "discriminator"],
]);

/**
 * The ways in which a schema can be met, the author's order first, but null last.
 * @param root what local references begin at.
 * @throws Error for a reference that leads nowhere
 */
export function* flatten(schema: JsonSchema, root: JsonSchema, open: ReadonlySet<unknown>): Generator<Flat> {
  if (schema === false) return;
  const { $ref, allOf, anyOf, oneOf, ...own } = schema === true ? {} : schema;
  const asserts = Object.keys(own).some((keyword) => !ANNOTATIONS.has(keyword) && !keyword.startsWith("x-"));
  const authored = authoredOf(own);
  const first: Flat = { keywords: own, authored, asserting: asserts ? 1 : 0, open };
  const choices: Array<readonly JsonSchema[]> = schemaList(allOf).map((part) => [part]);
  for (const alternatives of [anyOf, oneOf]) {
    if (Array.isArray(alternatives)) choices.push(schemaList(alternatives).toSorted(nullLast));
  }
  if (typeof $ref !== "string") {
    yield* combine(first, authored, choices, root);
    return;
  }
  const target = refer($ref, root);
  if (open.has(target)) return;
  yield* combine({ ...first, open: new Set([...open, target]) }, authored, [[target], ...choices], root);
}

/** @param own the author's values for the whole; those of a part count only where it alone asserts something */
function* combine(
  flat: Flat,
  own: readonly unknown[] | undefined,
  [alternatives, ...rest]: ReadonlyArray<readonly JsonSchema[]>,
  root: JsonSchema,
): Generator<Flat> {
  if (alternatives === undefined) {
    yield { ...flat, authored: own ?? (flat.asserting <= 1 ? flat.authored : undefined) };
    return;
  }
  for (const alternative of alternatives) {
    for (const part of flatten(alternative, root, flat.open)) {
      const keywords = mergeSchemas(flat.keywords, part.keywords);
      if (keywords === undefined) continue;
      const joined: Flat = {
        keywords,
        authored: flat.authored ?? part.authored,
        asserting: flat.asserting + part.asserting,
        open: part.open,
      };
      yield* combine(joined, own, rest, root);
    }
  }
}

/** `example` is OpenAPI's, `examples` JSON Schema's; a default is an example too. */
function authoredOf({ example, examples, default: fallback }: SchemaObject): readonly unknown[] | undefined {
  if (example !== undefined) return [example];
  if (Array.isArray(examples) && examples.length > 0) return examples;
  return fallback === undefined ? undefined : [fallback];
}

function nullLast(a: JsonSchema, b: JsonSchema): number {
  return Number(isNull(a)) - Number(isNull(b));
}

function isNull(schema: JsonSchema): boolean {
  return typeof schema === "object" && (schema.type === "null" || schema.const === null);
}

/** What a local reference refers to: a JSON Pointer into the root (RFC 6901). */
export function refer(ref: string, root: JsonSchema): JsonSchema {
  let found: unknown = root;
  if (ref !== "#" && !ref.startsWith("#/")) throw new Error(`$ref "${ref}" leads out of the schema`);
  for (const escaped of decodeURIComponent(ref).split("/").slice(1)) {
    const key = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    found =
      typeof found === "object" && found !== null && Object.hasOwn(found, key)
        ? Reflect.get(found, key)
        : undefined;
  }
  if (!isSchema(found)) throw new Error(`$ref "${ref}" leads nowhere`);
  return found;
}
