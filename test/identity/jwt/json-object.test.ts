import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeJsonObject } from "../../../src/identity/jwt/json-object.ts";
import { encoded } from "../support.ts";

describe("a part of a token", () => {
  it("is read as JSON reads it, whatever its names and values are", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
        fc.nat({ max: 3 }),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          expect(decodeJsonObject(encoded(text))).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it("is refused where any object of it names a member twice, in whatever spelling", () => {
    const escaped = (name: string) =>
      `"${Array.from({ length: name.length }, (_, at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`;
    const plain = (name: string) => JSON.stringify(name);
    fc.assert(
      fc.property(
        fc.string(),
        fc.jsonValue({ maxDepth: 1 }),
        fc.constantFrom(plain, escaped),
        fc.constantFrom<(object: string) => string>(
          (object) => object,
          (object) => `{"a":[1,${object}]}`,
          (object) => `{"b":"}","a":{"a":${object}}}`,
        ),
        (name, value, spell, place) => {
          const twice = `{${plain(name)}:${JSON.stringify(value)}, ${spell(name)} \n:0}`;
          expect(decodeJsonObject(encoded(place(twice)))).toBeUndefined();
        },
      ),
    );
  });

  it.each(["", "{", "[]", "null", '"{}"', "1", "{} x", "\ufeff{}"])("is refused where it is %j", (text) => {
    expect(decodeJsonObject(encoded(text))).toBeUndefined();
  });

  it.each(["e30=", "e31", "e3 0", "e3", "e", "_w"])("is refused where its base64url is %j", (part) => {
    expect(decodeJsonObject(part)).toBeUndefined();
    expect(decodeJsonObject("e30")).toEqual({});
  });
});
