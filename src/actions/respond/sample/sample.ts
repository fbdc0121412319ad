import type { Json } from "../../../schema/json.ts";
import { type Flat, flatten } from "./flatten.ts";
import { type JsonSchema, numberOf, type SchemaObject, schemaList, schemasOf } from "./json-schema.ts";
import { misfit, schemasOfMember } from "./misfit.ts";
import { sampleNumber } from "./sample-number.ts";
import { samplePattern } from "./sample-pattern.ts";
import { sampleString } from "./sample-string.ts";

/**
 * Where values come from. `example`: only what the schema's author gives, composed where only parts have examples.
 * `generated`: never that, but for `const` and `enum`. Neither: the author's where there is one.
 */
export type SampleSource = "example" | "generated";

/** A value of a schema, or why there is none. */
export type Sampled = { readonly value: Json } | { readonly reason: string };

/** Makes one value that fits a schema: always the same. */
export function sampleOf(schema: JsonSchema, source: SampleSource | undefined): Sampled {
  const sampler = new Sampler(schema, source);
  try {
    const value = sampler.sample(schema, [], new Set([schema]), 0);
    if (value === undefined) return { reason: sampler.obstacle ?? "no value fits the schema" };
    // What was found may be the author's mistake, or what only trying would find.
    const wrong = misfit(schema, value, schema);
    return wrong === undefined ? { value } : { reason: `the value that it gives does not fit it: ${wrong}` };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

type Path = readonly string[];

/** A schema may branch without bounds: no more parts than this are looked at. */
const MOST_PARTS = 20_000;
/** Longer lists are nobody's example. */
const MOST_ITEMS = 1_000;

class Sampler {
  /** The first reason why a value could not be made. */
  obstacle: string | undefined;
  readonly #root: JsonSchema;
  readonly #source: SampleSource | undefined;
  #parts = 0;

  constructor(root: JsonSchema, source: SampleSource | undefined) {
    this.#root = root;
    this.#source = source;
  }

  /**
   * @param open referred schemas that this one stands in
   * @param nth which of a list's items this is for, so that they can differ
   * @returns undefined where there is no value
   */
  sample(schema: JsonSchema, path: Path, open: ReadonlySet<unknown>, nth: number): Json | undefined {
    for (const flat of flatten(schema, this.#root, open)) {
      if (++this.#parts > MOST_PARTS) throw new Error("the schema branches too much");
      const value = this.#one(flat, path, nth);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #one({ keywords, authored, open }: Flat, path: Path, nth: number): Json | undefined {
    if (authored !== undefined && this.#source !== "generated")
      return authored[nth % authored.length] as Json;
    if (keywords.const !== undefined) return keywords.const as Json;
    if (Array.isArray(keywords.enum)) return keywords.enum[nth % keywords.enum.length] as Json | undefined;
    const type = typeOf(keywords);
    if (type === "object") return this.#object(keywords, path, open, nth);
    if (type === "array") return this.#array(keywords, path, open, nth);
    if (type === "null") return null;
    if (this.#source === "example") return this.#none(path, "there is no example");
    if (type === undefined) return null;
    const value = scalar(type, keywords, nth);
    return value === undefined ? this.#none(path, `no ${type} was found that fits`) : value;
  }

  #object(keywords: SchemaObject, path: Path, open: ReadonlySet<unknown>, nth: number): Json | undefined {
    const properties = schemasOf(keywords.properties);
    const required = [keywords.required ?? []].flat().map(String);
    const most = numberOf(keywords.maxProperties) ?? Infinity;
    const members = new Map<string, Json>();
    const add = (name: string) => {
      const value = this.sample({ allOf: schemasOfMember(keywords, name) }, [...path, name], open, nth);
      if (value !== undefined) members.set(name, value);
      return value !== undefined;
    };
    for (const name of required) {
      if (!add(name)) return this.#none([...path, name], "it is required, and has no finite value");
    }
    for (const [name, schema] of Object.entries(properties)) {
      const isSecret = typeof schema === "object" && schema.writeOnly === true;
      const obstacle = this.obstacle;
      if (members.size < most && !members.has(name) && !isSecret) add(name);
      // One that may be absent stops nothing.
      this.obstacle = obstacle;
    }
    // A map shows one entry.
    const isMap = members.size === 0 && Object.keys(properties).length === 0 && hasEntries(keywords);
    const least = Math.min(Math.max(numberOf(keywords.minProperties) ?? 0, isMap ? 1 : 0), most, MOST_ITEMS);
    for (let index = 0; members.size < least && index < 2 * MOST_ITEMS; index++) {
      const name = entryName(keywords, index);
      if (name === undefined || !add(name)) break;
    }
    const isEmpty = members.size === 0 && this.#source === "example";
    return isEmpty ? this.#none(path, "there is no example") : (Object.fromEntries(members) as Json);
  }

  #array(keywords: SchemaObject, path: Path, open: ReadonlySet<unknown>, nth: number): Json | undefined {
    // Draft 7 calls the positions `items` and the rest `additionalItems`.
    const isDraft7 = Array.isArray(keywords.items);
    const positions = schemaList(isDraft7 ? keywords.items : keywords.prefixItems);
    const rest = ((isDraft7 ? keywords.additionalItems : keywords.items) ?? true) as JsonSchema;
    const contains = keywords.contains as JsonSchema | undefined;
    const containing = contains === undefined ? 0 : (numberOf(keywords.minContains) ?? 1);
    const least = Math.max(numberOf(keywords.minItems) ?? 0, containing);
    const wanted = Math.min(Math.max(least, positions.length, 1), numberOf(keywords.maxItems) ?? Infinity);
    if (wanted > MOST_ITEMS) return this.#none(path, `an example has at most ${MOST_ITEMS} items`);
    const list: Json[] = [];
    while (list.length < wanted) {
      const index = list.length;
      const schema = positions[index] ?? rest;
      const item = index < containing ? { allOf: [contains, schema] } : schema;
      const value = this.sample(item, [...path, String(index)], open, nth + index);
      if (value === undefined) break;
      list.push(value);
    }
    if (list.length === 0 && this.#source === "example") return this.#none(path, "there is no example");
    return list.length < least ? this.#none(path, `${least} items are required`) : list;
  }

  #none(path: Path, reason: string): undefined {
    this.obstacle ??= path.length === 0 ? reason : `\`${path.join(".")}\`: ${reason}`;
  }
}

function scalar(type: string, keywords: SchemaObject, nth: number): Json | undefined {
  if (type === "string") return sampleString(keywords, nth);
  if (type === "boolean") return nth % 2 === 0;
  if (type === "integer" || type === "number") return sampleNumber(keywords, type === "integer", nth);
  return undefined;
}

/** What tells the type where `type` does not: any other value would fit too. */
const TELLING: ReadonlyArray<readonly [type: string, keywords: readonly string[]]> = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties", "minProperties"]],
  ["array", ["items", "prefixItems", "minItems", "contains", "uniqueItems"]],
  ["string", ["format", "pattern", "minLength", "maxLength", "contentEncoding"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

/** Undefined where any type would do. */
function typeOf(keywords: SchemaObject): string | undefined {
  const types = [keywords.type ?? []].flat().map(String);
  const told = TELLING.find(([, telling]) => telling.some((keyword) => keywords[keyword] !== undefined));
  return types.find((type) => type !== "null") ?? types[0] ?? told?.[0];
}

/** Whether an object is a map: what it has no names for, it has a schema for. */
function hasEntries({ additionalProperties, patternProperties }: SchemaObject): boolean {
  return typeof additionalProperties === "object" || Object.keys(schemasOf(patternProperties)).length > 0;
}

/** A name for an entry of a map. */
function entryName(keywords: SchemaObject, nth: number): string | undefined {
  const [pattern] = Object.keys(schemasOf(keywords.patternProperties));
  if (pattern !== undefined && typeof keywords.additionalProperties !== "object") {
    return samplePattern(pattern, { min: 0, max: Infinity }, nth);
  }
  const names = keywords.propertyNames as SchemaObject | undefined;
  if (names === undefined) return nth === 0 ? "key" : `key${nth + 1}`;
  if (Array.isArray(names.enum)) return names.enum[nth] as string | undefined;
  return sampleString(names, nth);
}
