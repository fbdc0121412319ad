import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RefusalError } from "../../src/errors/refusal.ts";
import { compile, compileValue, type Place } from "../../src/references/render.ts";
import type { ReferenceScope, Template } from "../../src/references/template.ts";

const VALUE: Template = { template: ["<", ["step", "value"], ">"] };

function scope(value?: unknown): ReferenceScope {
  return {
    params: { id: "42", "*": "a/b%20c" },
    query: new URLSearchParams(),
    headers: new Headers(),
    request: { id: "r1", method: "GET", path: "/p" },
    steps: { step: value === undefined ? {} : { value } },
  };
}

const render = (place: Place, value?: unknown) => compile(VALUE, place)(scope(value));
const unusable = expect.objectContaining({ refusal: expect.objectContaining({ code: "unusable-value" }) });

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("compile", () => {
  it("gives literal text back", () => {
    expect(compile({ template: ["a%2Fb?c"] }, "path")(scope())).toBe("a%2Fb?c");
    expect(compile({ template: [] }, "text")(scope())).toBe("");
  });

  it.each<[Place, unknown, string]>([
    ["path", "a b/ü?#", "<a%20b%2F%C3%BC%3F%23>"],
    ["path", 7, "<7>"],
    ["path", false, "<false>"],
    ["path", "a..b", "<a..b>"],
    ["path", "...", "<...>"],
    ["path", "group/project", "<group%2Fproject>"],
    ["path", "100%", "<100%25>"],
    ["query", "a&b=c ü", "<a%26b%3Dc%20%C3%BC>"],
    ["query", "\r\n", "<%0D%0A>"],
    ["query", "\ud800", "<%EF%BF%BD>"],
    ["query", { a: [1] }, "<%7B%22a%22%3A%5B1%5D%7D>"],
    ["query", undefined, "<>"],
    ["query", null, "<>"],
    ["header", "tab\tand é", "<tab\tand é>"],
    ["header", [1, "x"], '<[1,"x"]>'],
    ["header", undefined, "<>"],
    ["text", "any\r\n/../", "<any\r\n/../>"],
    ["text", { a: 1 }, '<{"a":1}>'],
    ["text", undefined, "<>"],
    ["text", 0, "<0>"],
  ])("in a %s writes %j as %s", (place, value, text) => {
    expect(render(place, value)).toBe(text);
  });

  it.each<[Place, unknown]>([
    ["path", undefined],
    ["path", null],
    ["path", ""],
    ["path", "."],
    ["path", ".."],
    ["path", "../admin"],
    ["path", "a/../b"],
    ["path", "a\\..\\b"],
    ["path", "a/.."],
    ["path", "..;/admin"],
    ["path", "%2e%2e"],
    ["path", "a%2Fb"],
    ["path", "a%00"],
    ["path", "%252e"],
    ["path", "a\0"],
    ["path", "a\nb"],
    ["path", "\x7f"],
    ["path", "\ud800"],
    ["path", { a: 1 }],
    ["path", []],
    ["header", "a\r\nset-cookie: x"],
    ["header", "a\0"],
    ["header", "\x1b[0m"],
    ["header", "€"],
  ])("in a %s refuses %j", (place, value) => {
    expect(thrown(() => render(place, value))).toEqual(unusable);
  });

  it("names the reference in a refusal, never the value", () => {
    expect(thrown(() => render("path", "../secret"))).toMatchObject({
      refusal: { details: { detail: "The value of {step.value} cannot be used in a path." } },
    });
  });

  it("puts the rest of the path into a path as it came", () => {
    const rest: Template = { template: ["/x/", ["params", "*"]] };
    expect(compile(rest, "path")(scope())).toBe("/x/a/b%20c");
    expect(compile(rest, "path")({ ...scope(), params: { "*": "" } })).toBe("/x/");
    expect(compile(rest, "query")(scope())).toBe("/x/a%2Fb%2520c");
    expect(thrown(() => compile(rest, "path")({ ...scope(), params: {} }))).toEqual(unusable);
  });

  it("whatever the value, in a path it stays one segment that does not climb", () => {
    const part = fc.constantFrom(
      ".",
      "..",
      "/",
      "\\",
      "%2e",
      "%2f",
      "%25",
      ";",
      "a",
      "é",
      "?",
      "#",
      "\n",
      "\0",
      "\ud800",
    );
    const value = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.array(part).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(value, (text) => {
        let path: string;
        try {
          path = compile({ template: ["/base/", ["step", "value"]] }, "path")(scope(text));
        } catch (error) {
          if (error instanceof RefusalError && error.refusal.code === "unusable-value") return;
          throw error;
        }
        const url = new URL(path, "http://origin");
        expect(url.pathname).toBe(path);
        const decoded = decodeURIComponent(path);
        expect(new URL(decoded.replace(/[?#%]/g, "_"), "http://origin").pathname).toMatch(/^\/base\/./);
      }),
      { numRuns: 200 },
    );
  });

  it("whatever the value, in a query it stays one value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const search = compile({ template: ["?a=", ["step", "value"], "&b=1"] }, "query")(scope(text));
        expect([...new URLSearchParams(search)]).toEqual([
          ["a", text],
          ["b", "1"],
        ]);
      }),
    );
  });
});

describe("compileValue", () => {
  it("gives the value of a lone reference, whatever its type", () => {
    for (const value of [7, true, null, { a: 1 }, [1], "text", undefined]) {
      expect(compileValue({ template: [["step", "value"]] })(scope(value))).toEqual(value);
    }
  });

  it("gives text for everything else", () => {
    expect(compileValue(VALUE)(scope(7))).toBe("<7>");
    expect(compileValue({ template: ["plain"] })(scope())).toBe("plain");
    expect(compileValue({ template: [] })(scope())).toBe("");
  });
});
