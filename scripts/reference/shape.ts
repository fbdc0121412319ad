import {
  SymbolFlags,
  type Type,
  TypeFlags,
  type TypeReference,
  type Symbol as TypeSymbol,
} from "typescript/unstable/sync";
import { defaultOf } from "./default-of.ts";
import { isJson, itemSchema, type JsonSchema, memberSchemas, valueSchema } from "./json-schema.ts";
import type { Source } from "./source.ts";
import {
  alternatives,
  isForeign,
  isFunction,
  isObject,
  literalObject,
  nameOf,
  typeText,
} from "./type-text.ts";

/** What may be written in one place of a manifest. */
export interface Shape {
  /** Markdown. */
  readonly text: string;
  /** The keys of the object, of each object of a list, or of each object of a map. */
  readonly options: readonly Option[];
  /** Whether the objects stand under names of the author's own. */
  readonly isMap: boolean;
}

/** One key of an object. */
export interface Option {
  readonly name: string;
  readonly required: boolean;
  /** Markdown. */
  readonly text: string;
  /** Markdown; undefined where there is none. */
  readonly fallback: string | undefined;
  readonly shape: Shape;
}

/** The objects with keys that a type allows, and their schema. */
interface Objects {
  readonly types: readonly Type[];
  readonly schema: JsonSchema | undefined;
  readonly isMap: boolean;
}

/** Reads types and their schemas together: each knows what the other does not. */
export class ShapeReader {
  readonly #source: Source;
  readonly #problems: string[];
  /** Types that are being looked into: one that holds itself is looked into once. */
  readonly #open = new Set<number>();

  /** @param problems gets what a type or its schema lacks. */
  constructor(source: Source, problems: string[]) {
    this.#source = source;
    this.#problems = problems;
  }

  /** Looks into a type even where others show it by its name. @param path how problems call it */
  read(type: Type, schema: JsonSchema | undefined, path: string): Shape {
    const isInterface = nameOf(type) !== undefined && isObject(type);
    const objects = isInterface ? { types: [type], schema, isMap: false } : this.#objects(type, schema);
    return this.#read(type, schema, objects, path);
  }

  #read(type: Type, schema: JsonSchema | undefined, objects: Objects, path: string): Shape {
    const { schema: inner, isMap } = objects;
    const text = typeText([type], schema, this.#source);
    const types = objects.types.filter(({ id }) => !this.#open.has(id));
    if (types.length === 0) return { text, options: [], isMap };
    const members = this.#members(types);
    const known = memberSchemas(inner);
    this.#compare([...members.keys()], known, path);
    // The schema's author wrote it in the order in which it is read; a type may be put together.
    const order = Object.keys(known ?? {});
    const sorted = [...members].toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    for (const { id } of types) this.#open.add(id);
    const options = sorted.map(([name, symbols]) =>
      this.#option(name, symbols, symbols.length === types.length, known?.[name], `${path}.${name}`),
    );
    for (const { id } of types) this.#open.delete(id);
    return { text, options, isMap };
  }

  /** One member of a type by itself. */
  option(type: Type, name: string, schema: JsonSchema | undefined, path: string): Option {
    const symbol = this.#source.checker.getPropertyOfType(type, name);
    if (symbol === undefined) throw new Error(`${path}.${name}: its schema knows it, its type does not`);
    return this.#option(name, [symbol], true, schema, `${path}.${name}`);
  }

  #compare(
    names: readonly string[],
    known: Readonly<Record<string, unknown>> | undefined,
    path: string,
  ): void {
    if (known === undefined) return;
    for (const name of Object.keys(known)) {
      if (!names.includes(name))
        this.#problems.push(`${path}.${name}: its schema knows it, its type does not`);
    }
    for (const name of names) {
      if (!(name in known)) this.#problems.push(`${path}.${name}: its type knows it, its schema does not`);
    }
  }

  /** The keys of all alternatives, but for those that an alternative only forbids. */
  #members(types: readonly Type[]): Map<string, TypeSymbol[]> {
    const { checker } = this.#source;
    const members = new Map<string, TypeSymbol[]>();
    for (const member of types.flatMap((type) => checker.getPropertiesOfType(type))) {
      if (isNever(checker.getTypeOfSymbol(member))) continue;
      members.set(member.name, [...(members.get(member.name) ?? []), member]);
    }
    return members;
  }

  #option(
    name: string,
    symbols: readonly TypeSymbol[],
    everywhere: boolean,
    schema: JsonSchema | undefined,
    path: string,
  ): Option {
    const types = symbols.map((symbol) => this.#source.checker.getTypeOfSymbol(symbol)!);
    const [type] = types;
    const doc = symbols.map((symbol) => this.#source.docOf(symbol)).find((text) => text !== "");
    const { text, fallback } = this.#describe(doc ?? this.#docOfType(type!), schema?.default, path);
    const shape = this.#read(type!, schema, this.#objects(type!, schema), path);
    return {
      name,
      required: everywhere && symbols.every(({ flags }) => !(flags & SymbolFlags.Optional)),
      text,
      fallback,
      shape: { ...shape, text: typeText(types, schema, this.#source) },
    };
  }

  #describe(doc: string, schemaDefault: unknown, path: string): ReturnType<typeof defaultOf> {
    if (doc === "") this.#problems.push(`${path} has no TSDoc`);
    try {
      return defaultOf(doc, schemaDefault);
    } catch (error) {
      this.#problems.push(`${path}: ${error instanceof Error ? error.message : error}`);
      return { text: doc, fallback: undefined };
    }
  }

  /** A key without a description of its own is described by its type's. */
  #docOfType(type: Type): string {
    const { checker } = this.#source;
    const types = [type, ...alternatives(type)].flatMap((each) =>
      checker.isArrayType(each) ? checker.getTypeArguments(each as TypeReference) : [each],
    );
    for (const symbol of types.flatMap((each) => [each.getAliasSymbol(), each.getSymbol()])) {
      const doc = symbol !== undefined && isOwn(symbol) ? this.#source.docOf(symbol) : "";
      if (doc !== "") return doc;
    }
    return "";
  }

  /** The objects with keys among the alternatives of a type, also those in lists and maps. */
  #objects(type: Type, schema: JsonSchema | undefined): Objects {
    const { checker } = this.#source;
    const own: Type[] = [];
    const isNamed = nameOf(type) !== undefined || isJson(schema);
    for (const each of isNamed ? [] : alternatives(type)) {
      if (nameOf(each) !== undefined) continue;
      if (checker.isArrayType(each)) {
        const [element] = checker.getTypeArguments(each as TypeReference);
        const inner = this.#objects(element!, itemSchema(schema));
        if (inner.types.length > 0 && own.length === 0) return inner;
        continue;
      }
      // A string has an index too.
      if (!isObject(each) || isFunction(each, this.#source) || literalObject(each, this.#source)) continue;
      if (isForeign(each)) continue;
      const [index] = checker.getIndexInfosOfType(each);
      if (index === undefined) {
        own.push(each);
        continue;
      }
      const inner = this.#objects(index.valueType, valueSchema(schema));
      if (inner.types.length > 0) return { ...inner, isMap: true };
    }
    return { types: own, schema, isMap: false };
  }
}

function isOwn({ declarations }: TypeSymbol): boolean {
  return declarations.some(({ path }) => !path.includes("/node_modules/"));
}

function isNever(type: Type | undefined): boolean {
  return type === undefined || Boolean(type.flags & TypeFlags.Never) || alternatives(type).length === 0;
}
