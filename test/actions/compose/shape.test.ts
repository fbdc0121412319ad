import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ShapeRules } from "../../../src/actions/compose/compiled.ts";
import { compileShape } from "../../../src/actions/compose/shape.ts";

const shape = (rules: ShapeRules, value: unknown) => compileShape(rules)(structuredClone(value));

describe("target", () => {
  it("takes the value at the path, whatever it is", () => {
    const value = { data: { items: [{ id: 1 }], none: null } };
    expect(shape({ target: ["data", "items"] }, value)).toEqual([{ id: 1 }]);
    expect(shape({ target: ["data", "items", "0", "id"] }, value)).toBe(1);
    expect(shape({ target: ["data", "none"] }, value)).toBeNull();
  });

  it.each([["data", "other"], ["data", "none", "x"], ["constructor"], ["data", "toString"]])(
    "refuses an answer without it: %s",
    (...target) => {
      expect(() => shape({ target }, { data: { none: null } })).toThrow("upstream-invalid");
    },
  );
});

describe("pick", () => {
  const user = { id: 1, name: { first: "A", last: "B" }, tags: [{ a: 1, b: 2 }, "text", null], secret: 1 };

  it("keeps what is named and nothing else, through lists", () => {
    expect(shape({ pick: [["id"], ["name", "first"], ["tags", "a"], ["missing", "x"]] }, user)).toEqual({
      id: 1,
      name: { first: "A" },
      tags: [{ a: 1 }, null],
    });
    expect(shape({ pick: [["id"]] }, [user, user])).toEqual([{ id: 1 }, { id: 1 }]);
  });

  it("keeps the whole of a member where one path ends and another goes on", () => {
    expect(shape({ pick: [["name", "first"], ["name"]] }, user)).toEqual({ name: user.name });
    expect(shape({ pick: [["name"], ["name", "first"]] }, user)).toEqual({ name: user.name });
  });

  it("lets nothing through that was not named because it is of another kind", () => {
    expect(shape({ pick: [["name", "first"]] }, { name: "secret" })).toEqual({});
    expect(shape({ pick: [["name"]] }, "secret")).toBeNull();
    expect(shape({ pick: [["constructor"], ["toString", "name"]] }, {})).toEqual({});
  });
});

describe("omit", () => {
  it("leaves out what is named, through lists, and nothing else", () => {
    const value = { a: 1, b: { c: 2, d: 3 }, e: [{ f: 4, g: 5 }, 6] };
    expect(shape({ omit: [["a"], ["b", "c"], ["e", "f"], ["x", "y"], ["a", "z"]] }, value)).toEqual({
      b: { d: 3 },
      e: [{ g: 5 }, 6],
    });
    expect(shape({ omit: [["a"]] }, "text")).toBe("text");
  });
});

describe("rename", () => {
  it("gives the last key of a path a new name, in its place", () => {
    const value = { user_id: 1, items: [{ item_id: 2 }, { other: 3 }] };
    const rename = [
      [["user_id"], "userId"],
      [["items", "item_id"], "id"],
      [["missing"], "x"],
    ] as const;
    expect(shape({ rename }, value)).toEqual({ userId: 1, items: [{ id: 2 }, { other: 3 }] });
  });

  it("can swap names, and rename below a member that is renamed itself", () => {
    const rename = [
      [["a"], "b"],
      [["b"], "a"],
      [["b", "c"], "d"],
    ] as const;
    expect(shape({ rename }, { a: 1, b: { c: 2 } })).toEqual({ b: 1, a: { d: 2 } });
  });
});

describe("shape", () => {
  it("goes target, pick, omit, rename", () => {
    const rules = { target: ["data"], pick: [["a"], ["b"]], omit: [["b"]], rename: [[["a"], "z"]] } as const;
    expect(shape(rules, { data: { a: 1, b: 2, c: 3 } })).toEqual({ z: 1 });
  });

  it("never touches a prototype", () => {
    const path = fc.array(fc.constantFrom("__proto__", "constructor", "prototype", "a"), {
      minLength: 1,
      maxLength: 3,
    });
    const value = fc.constantFrom<unknown>(
      {},
      [],
      { a: {} },
      { a: [{}] },
      JSON.parse('{"__proto__":{"a":1}}'),
    );
    fc.assert(
      fc.property(path, value, (keys, json) => {
        for (const rules of [{ pick: [keys] }, { omit: [keys] }, { rename: [[keys, "polluted"]] }] as const) {
          const shaped = shape(rules, json);
          expect(Object.getPrototypeOf({})).toBe(Object.prototype);
          expect({}).not.toHaveProperty("polluted");
          expect({}).not.toHaveProperty("a");
          expect(typeof {}.toString).toBe("function");
          if (typeof shaped === "object" && shaped !== null && !Array.isArray(shaped)) {
            expect([Object.prototype, null]).toContain(Object.getPrototypeOf(shaped));
          }
        }
      }),
    );
  });
});
