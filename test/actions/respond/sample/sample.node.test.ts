import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { JsonSchema, SchemaObject } from "../../../../src/actions/respond/sample/json-schema.ts";
import { misfit } from "../../../../src/actions/respond/sample/misfit.ts";
import { type SampleSource, sampleOf } from "../../../../src/actions/respond/sample/sample.ts";

/** The value, or the reason for none as an Error. */
function sampled(schema: JsonSchema, source?: SampleSource): unknown {
  const result = sampleOf(schema, source);
  return "value" in result ? result.value : new Error(result.reason);
}

/** zod reads JSON Schema too, and has no part in the making of values. */
function mistakes(schema: JsonSchema, value: unknown): readonly string[] {
  return (
    z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).error?.issues ?? []
  ).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const name = { type: "string", examples: ["Teapot", "Cup"] };
const product = {
  type: "object",
  required: ["id", "name"],
  properties: { id: { type: "integer", example: 7 }, name, price: { type: "number", minimum: 5 } },
};

describe("an example of a schema", () => {
  it.each<[string, JsonSchema, unknown]>([
    ["its own example", { ...product, example: { id: 1, name: "Kettle" } }, { id: 1, name: "Kettle" }],
    ["the first of its examples", { type: "string", examples: ["a", "b"] }, "a"],
    ["its default", { type: "string", default: "a" }, "a"],
    ["false, null, 0 and no text", { examples: [false] }, false],
    ["its const", { const: { a: 1 } }, { a: 1 }],
    ["the first of its enum", { enum: ["tea", "cup"] }, "tea"],
    ["its parts' examples", product, { id: 7, name: "Teapot" }],
    ["its items' examples", { type: "array", items: name, minItems: 2 }, ["Teapot", "Cup"]],
    ["that of a reference", { $ref: "#/$defs/a", $defs: { a: { type: "string", example: "x" } } }, "x"],
    ["that of an alternative", { oneOf: [{ type: "null" }, { type: "string", example: "x" }] }, "x"],
    [
      "what its parts add up to",
      {
        allOf: [product, { type: "object", required: ["stock"], properties: { stock: { default: 3 } } }],
        description: "No assertion.",
      },
      { stock: 3, id: 7, name: "Teapot" },
    ],
  ])("is %s", (_, schema, value) => {
    expect(sampled(schema, "example")).toEqual(value);
  });

  it.each<[JsonSchema, RegExp]>([
    [{ type: "string" }, /^there is no example$/],
    [{}, /^there is no example$/],
    [{ type: "object", properties: { a: { type: "string" } } }, /^there is no example$/],
    [{ ...product, required: ["price"] }, /^`price`: there is no example$/],
    [
      {
        type: "array",
        minItems: 1,
        items: { type: "object", required: ["a"], properties: { a: { type: "integer" } } },
      },
      /^`0\.a`: /,
    ],
  ])("is not made up: %j", (schema, reason) => {
    expect((sampled(schema, "example") as Error).message).toMatch(reason);
  });
});

describe("a generated value", () => {
  it("takes no example, and is the same every time", () => {
    const generated = sampled({ ...product, example: { id: 1, name: "Kettle" } }, "generated");
    expect(generated).toEqual({ id: 1, name: "string", price: 5 });
    expect(sampled({ ...product, example: {} }, "generated")).toEqual(generated);
  });

  it("fills in what the author left out", () => {
    expect(sampled(product)).toEqual({ id: 7, name: "Teapot", price: 5 });
  });

  it.each<[string, SchemaObject]>([
    ["date-time", { format: "date-time" }],
    ["date", { format: "date" }],
    ["time", { format: "time" }],
    ["duration", { format: "duration" }],
    ["email", { format: "email" }],
    ["hostname", { format: "hostname" }],
    ["ipv4", { format: "ipv4" }],
    ["ipv6", { format: "ipv6" }],
    ["uri", { format: "uri" }],
    ["uuid", { format: "uuid" }],
    ["a pattern", { pattern: "^[A-Z]{3}-\\d{4}$" }],
    ["a pattern and a length", { pattern: "^[a-z]+$", minLength: 12, maxLength: 12 }],
    ["a choice", { pattern: "^(?:red|green)$" }],
    ["a choice that is long enough", { pattern: "^(?:red|green)$", minLength: 5 }],
    ["groups", { pattern: "^(?<year>\\d{4})-(\\d\\d)(?:T\\d+)?$" }],
    ["an open pattern", { pattern: "[0-9]", minLength: 3 }],
    ["what is not there", { pattern: "^[^a-z]\\.\\w*$" }],
    ["two patterns", { allOf: [{ pattern: "^[a-z]+$" }, { pattern: "^.{3}$" }] }],
    ["a pattern of the web's older grammar", { pattern: "^[\\w\\-]+\\-a$" }],
    ["a lookahead", { pattern: "^(?=.*a)[a-z]{4}$" }],
    ["a length", { minLength: 20, maxLength: 30 }],
    ["no length", { maxLength: 0 }],
    ["a format that is too short for its length", { format: "email", minLength: 40 }],
    ["contentEncoding", { contentEncoding: "base64" }],
  ])("of a text fits its %s", (_, keywords) => {
    const schema = { type: "string", ...keywords };
    const value = sampled(schema);
    expect(value).toBeTypeOf("string");
    const { format, ...checked } = schema as SchemaObject;
    expect(mistakes(keywords.minLength === undefined ? schema : checked, value)).toEqual([]);
  });

  it.each<[SchemaObject, unknown]>([
    [{ type: "integer" }, 1],
    [{ type: "integer", minimum: -3, maximum: -1 }, -1],
    [{ type: "integer", exclusiveMinimum: 4 }, 5],
    [{ type: "integer", minimum: 4, exclusiveMinimum: true }, 5],
    [{ type: "integer", multipleOf: 1.5, minimum: 4 }, 6],
    [{ type: "number", multipleOf: 0.1, minimum: 0.25 }, 1],
    [{ type: "number", multipleOf: 0.1, maximum: 0.35 }, 0.3],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 0.5 }, 0.25],
    [{ type: "number", maximum: -1e21 }, -1e21],
    [{ type: ["null", "boolean"] }, true],
    [{ minimum: 3 }, 3],
    [{ minItems: 1, items: { type: "null" } }, [null]],
    [{}, null],
    [{ type: "object", additionalProperties: { type: "boolean" } }, { key: true }],
    [{ type: "object", additionalProperties: false }, {}],
    [
      { type: "object", required: ["a b"], properties: { "a b": { writeOnly: true, const: 1 }, c: true } },
      { "a b": 1, c: null },
    ],
    [{ type: "object", properties: { password: { type: "string", writeOnly: true } } }, {}],
    [{ type: "object", patternProperties: { "^x-": { const: 1 } } }, { "x-": 1 }],
    [
      {
        type: "object",
        propertyNames: { enum: ["de", "en"] },
        minProperties: 2,
        additionalProperties: { const: 1 },
      },
      { de: 1, en: 1 },
    ],
    [{ type: "array", uniqueItems: true, minItems: 3, items: { type: "integer" } }, [1, 2, 3]],
    [{ type: "array", prefixItems: [{ const: "a" }, { type: "boolean" }], items: false }, ["a", false]],
    [{ type: "array", items: [{ const: "a" }], additionalItems: { const: "b" }, minItems: 2 }, ["a", "b"]],
    [{ type: "array", contains: { const: 5 } }, [5]],
    [
      {
        allOf: [
          { type: "number", minimum: 3 },
          { type: "integer", minimum: 5 },
        ],
      },
      5,
    ],
    [{ allOf: [{ enum: [1, 2, 3] }, { enum: [3, 2] }] }, 2],
    [{ anyOf: [{ allOf: [{ const: 1 }, { const: 2 }] }, { const: 3 }] }, 3],
  ])("of %j is %j", (schema, value) => {
    expect(sampled(schema)).toEqual(value);
  });

  it("ends where a schema refers to itself", () => {
    const tree = {
      type: "object",
      properties: { name: { const: "n" }, children: { type: "array", items: { $ref: "#" } } },
    };
    expect(sampled(tree)).toEqual({ name: "n", children: [] });
    const list = {
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          required: ["next"],
          properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        },
      },
    };
    expect(sampled(list)).toEqual({ next: null });
    const twice = {
      type: "array",
      prefixItems: [{ $ref: "#/$defs/a~1b%25" }, { $ref: "#/$defs/a~1b%25" }],
      $defs: { "a/b%": { const: 1 } },
    };
    expect(sampled(twice)).toEqual([1, 1]);
  });

  it.each<[SchemaObject, RegExp]>([
    [{ type: "integer", minimum: 2, maximum: 1 }, /no integer/],
    [{ type: "integer", exclusiveMinimum: 1, exclusiveMaximum: 2 }, /no integer/],
    [{ type: "string", pattern: "^(.)\\1$" }, /no string/],
    [{ type: "string", pattern: "(" }, /no string/],
    [{ type: "string", minLength: 1e9 }, /no string/],
    [{ type: "array", minItems: 1e9, items: {} }, /at most 1000/],
    [{ type: "object", required: ["a"], properties: { a: false } }, /`a`: it is required/],
    [{ type: "object", required: ["a"], properties: { a: { $ref: "#" } } }, /`a`: it is required/],
    [{ type: "array", minItems: 2, maxItems: 1, items: {} }, /2 items are required/],
    [{ type: "boolean", not: { const: true } }, /does not fit it: fits its `not`/],
    [
      { type: "array", items: { type: "boolean" }, minItems: 3, uniqueItems: true },
      /does not fit it: has an item twice/,
    ],
    [
      { type: "object", properties: { a: { example: "x", type: "integer" } } },
      /does not fit it: `a`: is no integer/,
    ],
    [{ $ref: "#/$defs/gone" }, /leads nowhere/],
    [{ $ref: "https://schemas.example/a" }, /leads out/],
    [{ allOf: [{ type: "string" }, { type: "number" }] }, /no value fits/],
    [{ $ref: "#" }, /no value fits/],
  ])("is none of %j", (schema, reason) => {
    expect((sampled(schema) as Error).message).toMatch(reason);
  });

  it("does not take a wide schema for ever", () => {
    const $defs: Record<string, unknown> = { d0: { type: "integer" } };
    for (let depth = 1; depth < 40; depth++) {
      const next = { $ref: `#/$defs/d${depth - 1}` };
      $defs[`d${depth}`] = { type: "object", required: ["a", "b"], properties: { a: next, b: next } };
    }
    expect((sampled({ $ref: "#/$defs/d39", $defs }) as Error).message).toMatch(/too much/);
  });

  it("fits its schema, whatever that is", () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        const result = sampleOf(schema, undefined);
        // None is no answer here: every one of these schemas has values.
        if (!("value" in result)) throw new Error(result.reason);
        expect(mistakes(schema, result.value)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the judge of values", () => {
  it("says the same as another reader of JSON Schema, whatever the schema and the value", () => {
    const asserting = schemas.filter((schema) => !JSON.stringify(schema).includes('"format"'));
    fc.assert(
      fc.property(asserting, asserting, (schema, other) => {
        const result = sampleOf(other, undefined);
        const value = "value" in result ? result.value : null;
        expect(misfit(schema, value, schema) === undefined).toBe(mistakes(schema, value).length === 0);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Schemas that have values: bounds leave room, and required properties are declared. */
const schemas = fc.letrec<{ schema: SchemaObject }>((tie) => {
  const low = fc.integer({ min: -50, max: 50 });
  const room = fc.integer({ min: 0, max: 50 });
  const count = fc.integer({ min: 0, max: 4 });
  const integer = fc.tuple(low, room, fc.constantFrom(1, 2, 5)).map(([minimum, more, multipleOf]) => ({
    type: "integer",
    minimum,
    maximum: minimum + multipleOf + more,
    multipleOf,
  }));
  const number = fc.tuple(low, room).map(([exclusiveMinimum, more]) => ({
    type: "number",
    exclusiveMinimum,
    exclusiveMaximum: exclusiveMinimum + 0.5 + more,
  }));
  const text = fc
    .tuple(count, count)
    .map(([minLength, more]) => ({ type: "string", minLength, maxLength: minLength + more }));
  const pattern = fc
    .constantFrom("^[a-f]{2,}$", "^\\d{3}(-\\d)?$", "^(a|bc|d+)$", "x.y", "^[^\\s]+@\\w+\\.[a-z]{2}$")
    .map((each) => ({ type: "string", pattern: each }));
  const format = fc
    .constantFrom("date-time", "date", "email", "uuid", "ipv4", "ipv6", "uri", "duration")
    .map((each) => ({ type: "string", format: each }));
  const fixed = fc.constantFrom(null, true, 0, "", "tea").map((value) => ({ const: value }));
  const array = fc.tuple(tie("schema"), count, count).map(([items, minItems, more]) => ({
    type: "array",
    items,
    minItems,
    maxItems: minItems + more,
  }));
  const unique = fc.integer({ min: 0, max: 6 }).map((minItems) => ({
    type: "array",
    uniqueItems: true,
    minItems,
    items: { type: "object", required: ["id"], properties: { id: { type: "string" } } },
  }));
  const object = fc
    .tuple(
      fc.dictionary(fc.constantFrom("a", "b", "c", "d e"), tie("schema")),
      fc.array(fc.boolean()),
      fc.boolean(),
    )
    .map(([properties, chosen, open]) => ({
      type: "object",
      properties,
      required: Object.keys(properties).filter((_, index) => chosen[index]),
      additionalProperties: open,
    }));
  const anyOf = fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((list) => ({ anyOf: list }));
  const allOf = fc.tuple(room, room).map(([a, b]) => ({
    allOf: [
      { type: "integer", minimum: a },
      { type: "number", minimum: b, maximum: 150 },
    ],
  }));
  return {
    schema: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constant({ type: "boolean" }),
      integer,
      number,
      text,
      pattern,
      format,
      fixed,
      allOf,
      unique,
      array,
      object,
      anyOf,
    ) as fc.Arbitrary<SchemaObject>,
  };
}).schema;
