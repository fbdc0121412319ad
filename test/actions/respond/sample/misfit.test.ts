import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../../../../src/actions/respond/sample/json-schema.ts";
import { misfit } from "../../../../src/actions/respond/sample/misfit.ts";

const wrong = (schema: JsonSchema, value: unknown) => misfit(schema, value, schema);

describe("a value and its schema", () => {
  /** A schema, values that fit, values that do not. */
  it.each<[JsonSchema, readonly unknown[], readonly unknown[]]>([
    [true, [null, 1], []],
    [false, [], [null, 1]],
    [{}, [null, [], "x"], []],
    [{ type: "integer" }, [1, 1.0, -3, 1e21], [1.5, "1", null, true]],
    [{ type: ["string", "null"] }, ["", null], [0, [], {}]],
    [{ type: "object" }, [{}], [[], null, "x"]],
    [{ const: { a: [1], b: 2 } }, [{ b: 2, a: [1] }], [{ a: [1] }, { a: 1, b: 2 }, [["a", [1]]]]],
    [{ const: null }, [null], [0, false, ""]],
    [{ enum: [1, { a: 1 }] }, [1, { a: 1 }], ["1", {}]],
    [{ minimum: 1, exclusiveMaximum: 3 }, [1, 2.9, "0"], [0.9, 3]],
    [{ exclusiveMinimum: 1, maximum: 3 }, [1.1, 3], [1, 3.1]],
    [{ minimum: 1, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: true }, [2], [1, 3]],
    [{ multipleOf: 0.1 }, [0.3, 1, 0, "x"], [0.35]],
    [{ minLength: 2, maxLength: 3 }, ["ab", "abc", "🍵🍵🍵", 1], ["a", "abcd"]],
    [{ pattern: "^a" }, ["a", "ab", 1], ["b", ""]],
    [{ pattern: "^\\p{L}+$" }, ["é"], ["1"]],
    [{ format: "email" }, ["no address"], []],
    [{ items: { type: "integer" } }, [[], [1], {}], [["x"], [1, "x"]]],
    [{ prefixItems: [{ const: 1 }], items: false }, [[], [1]], [[2], [1, 1]]],
    [{ items: [{ const: 1 }], additionalItems: { const: 2 } }, [[1, 2, 2]], [[1, 1], [2]]],
    [{ minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], [1, 2, 3]]],
    [
      { uniqueItems: true },
      [
        [1, "1", true],
        [{ a: 1 }, { a: 2 }],
      ],
      [
        [1, 1],
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      ],
    ],
    [{ contains: { const: 1 } }, [[1], [2, 1]], [[], [2]]],
    [{ contains: { const: 1 }, minContains: 2, maxContains: 2 }, [[1, 1, 3]], [[1], [1, 1, 1]]],
    [{ required: ["a"] }, [{ a: undefined }, { a: 1 }, []], [{}, { b: 1 }]],
    [{ required: ["constructor"] }, [], [{}]],
    [{ properties: { a: { type: "string" } } }, [{}, { a: "x", b: 1 }], [{ a: 1 }]],
    [{ properties: { a: true }, additionalProperties: false }, [{ a: 1 }], [{ b: 1 }, { constructor: 1 }]],
    [
      { patternProperties: { "^x-": { type: "string" } }, additionalProperties: { type: "integer" } },
      [{ "x-a": "", b: 1 }],
      [{ "x-a": 1 }, { b: "" }],
    ],
    [
      { properties: { ab: { minimum: 1 } }, patternProperties: { "^a": { maximum: 2 } } },
      [{ ab: 1 }],
      [{ ab: 0 }, { ab: 3 }],
    ],
    [{ propertyNames: { maxLength: 1 } }, [{ a: 1 }], [{ ab: 1 }]],
    [{ minProperties: 1, maxProperties: 1 }, [{ a: 1 }], [{}, { a: 1, b: 2 }]],
    [{ dependentRequired: { a: ["b"] } }, [{}, { b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
    [{ dependentSchemas: { a: { required: ["b"] } } }, [{}, { a: 1, b: 1 }], [{ a: 1 }]],
    [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, [1, 2], [0, 3]],
    [{ anyOf: [{ type: "string" }, { minimum: 2 }] }, ["x", 2], [1]],
    [{ oneOf: [{ minimum: 1 }, { maximum: 2 }] }, [0, 3], [1, 2]],
    [{ not: { type: "string" } }, [1], ["x"]],
    [
      JSON.parse('{ "if": { "minimum": 5 }, "then": { "multipleOf": 2 }, "else": { "multipleOf": 3 } }'),
      [6, 3, "x"],
      [7, 4],
    ],
    [JSON.parse('{ "if": { "minimum": 5 }, "then": false }'), [4], [5]],
    [{ $ref: "#/$defs/a", maximum: 2, $defs: { a: { minimum: 1 } } }, [1, 2], [0, 3]],
    [
      { properties: { next: { $ref: "#" }, n: { type: "integer" } } },
      [{ next: { next: { n: 1 } } }],
      [{ next: { n: "x" } }],
    ],
  ])("%j", (schema, good, bad) => {
    expect(good.map((value) => wrong(schema, value))).toEqual(good.map(() => undefined));
    for (const value of bad) expect(wrong(schema, value), JSON.stringify(value)).toBeTypeOf("string");
  });

  it("says where the value is wrong, and how", () => {
    const schema = {
      properties: { list: { items: { required: ["a"], properties: { a: { type: "integer" } } } } },
    };
    expect(wrong(schema, { list: [{ a: 1 }, { a: "x" }] })).toBe("`list.1.a`: is no integer");
    expect(wrong(schema, { list: [{}] })).toBe("`list.0`: has no `a`");
    expect(wrong({ type: ["string", "null"] }, 1)).toBe("is no string or null");
  });
});
