import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileExpression } from "../../../src/authorization/language/compile.ts";
import { condition } from "../../../src/authorization/language/evaluate.ts";
import type { Comparison } from "../../../src/authorization/language/expression.ts";
import { Ambiguous } from "../../../src/authorization/language/read.ts";
import { type Shown, seen } from "./seen.ts";

/** An expression as a tree, and as its author writes it. */
type Tree =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "not"; readonly part: Tree }
  | { readonly kind: "and"; readonly parts: readonly Tree[] }
  | { readonly kind: "or"; readonly parts: readonly Tree[] }
  | { readonly kind: "compare"; readonly by: Comparison; readonly left: Side; readonly right: Side };
type Side = { readonly text: string; readonly read: (shown: Shown) => unknown };

const texts = fc.constantFrom("", "a", "b", "tea", "TEA", 'q"uote', "back\\slash", "é", "x y");
const numbers = fc.constantFrom(-1, 0, 1, 1.5, 3, 1000);
const quoted = (text: string) => `"${text.replace(/["\\]/g, (each) => `\\${each}`)}"`;
const literal = (value: string | number | boolean): Side => ({
  text: typeof value === "string" ? quoted(value) : String(value),
  read: () => value,
});
const claim = fc.constantFrom("s", "n", "b", "l", "none").map(
  (name): Side => ({
    text: `identity.claims.${name}`,
    read: ({ identity }) => identity?.claims?.[name as "org"],
  }),
);
const strings = fc.oneof(
  texts.map(literal),
  claim,
  fc.constant<Side>({ text: "request.path", read: ({ path }) => path }),
  fc.constant<Side>({ text: 'request.headers["x-t"]', read: ({ headers }) => headers?.["x-t"] }),
);
const numeric = fc.oneof(numbers.map(literal), claim);
const lists = fc.oneof(
  claim,
  fc.constant<Side>({ text: "identity.roles", read: ({ identity }) => identity?.roles }),
  fc
    .array(texts, { minLength: 1, maxLength: 4 })
    .map((values): Side => ({ text: `[${values.map(quoted).join(", ")}]`, read: () => values })),
);
const compare = (by: readonly Comparison[], left: fc.Arbitrary<Side>, right: fc.Arbitrary<Side>) =>
  fc.record({ kind: fc.constant("compare" as const), by: fc.constantFrom(...by), left, right });
const leaves: fc.Arbitrary<Tree> = fc.oneof(
  fc.boolean().map((value) => ({ kind: "constant" as const, value })),
  compare(["==", "!=", "startsWith", "endsWith"], strings, strings),
  compare(["==", "!=", "<", "<=", ">", ">="], numeric, numeric),
  compare(["has"], lists, strings),
  compare(["in"], strings, lists),
);
const joined = (tree: fc.Arbitrary<Tree>) => fc.array(tree, { minLength: 2, maxLength: 3 });
const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaves,
    tie("tree").map((part): Tree => ({ kind: "not", part })),
    fc.record({ kind: fc.constant("and" as const), parts: joined(tie("tree")) }),
    fc.record({ kind: fc.constant("or" as const), parts: joined(tie("tree")) }),
  ),
})).tree;

/** As few parentheses as the precedence of `not`, `and` and `or` lets be. */
function write(tree: Tree, above: "or" | "and" | "not" = "or"): string {
  switch (tree.kind) {
    case "constant":
      return String(tree.value);
    case "compare":
      return `${tree.left.text} ${tree.by} ${tree.right.text}`;
    case "not":
      return `not ${write(tree.part, "not")}`;
    default: {
      const inner = tree.parts.map((part) => write(part, tree.kind === "or" ? "and" : "not"));
      const text = inner.join(` ${tree.kind} `);
      return tree.kind === "or"
        ? above === "or"
          ? text
          : `(${text})`
        : above === "not"
          ? `(${text})`
          : text;
    }
  }
}

/** What it means, said again and plainly. */
function means(tree: Tree, shown: Shown): boolean {
  if (tree.kind === "constant") return tree.value;
  if (tree.kind === "not") return !means(tree.part, shown);
  if (tree.kind === "and") return !tree.parts.some((part) => !means(part, shown));
  if (tree.kind === "or") return tree.parts.some((part) => means(part, shown));
  const [left, right] = [tree.left.read(shown), tree.right.read(shown)];
  if (left === undefined || right === undefined) return false;
  if (tree.by === "has") return Array.isArray(left) && left.some((each) => each === right);
  if (tree.by === "in") return Array.isArray(right) && right.some((each) => each === left);
  if (Array.isArray(left) || Array.isArray(right)) return false;
  if (tree.by === "==") return left === right;
  if (tree.by === "!=") return left !== right;
  const bothText = typeof left === "string" && typeof right === "string";
  if (tree.by === "startsWith") return bothText && left.slice(0, right.length) === right;
  if (tree.by === "endsWith")
    return bothText && left.length >= right.length && left.slice(left.length - right.length) === right;
  if (typeof left !== "number" || typeof right !== "number") return false;
  return { "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right }[tree.by];
}

const requests: fc.Arbitrary<Shown> = fc.record({
  path: texts,
  headers: fc.option(
    fc.constantFrom("a", "tea", "b").map((value) => ({ "x-t": value })),
    { nil: {} },
  ),
  identity: fc.option(
    fc.record({
      roles: fc.array(texts, { maxLength: 3 }),
      claims: fc.record(
        { s: texts, n: numbers, b: fc.boolean(), l: fc.array(texts, { maxLength: 3 }) },
        { requiredKeys: [] },
      ) as fc.Arbitrary<{ org: string }>,
    }),
    { nil: null },
  ),
});

describe("the expression language", () => {
  it("means what a plain model of it means, with no more parentheses than it takes", () => {
    let [held, failed] = [0, 0];
    fc.assert(
      fc.property(trees, requests, (tree, shown) => {
        const text = write(tree);
        const compiled = compileExpression(text);
        // Nothing that is made here is wrong but by its size.
        if ("error" in compiled) {
          expect(compiled.error).toMatch(/more than|at most/);
          return;
        }
        const result = condition(JSON.parse(JSON.stringify(compiled)))(seen(shown));
        if (result) held++;
        else failed++;
        expect([text, result]).toEqual([text, means(tree, shown)]);
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(held, failed)).toBeGreaterThan(500);
  });

  const words =
    'and or not in has == != < <= > >= startsWith endsWith ( ) [ ] , . true false cidr 1 -2 0.5 "a" \'b\' "10.0.0.0/8" request identity path address claims roles method query x-y $ é { " \\ \n'.split(
      " ",
    );

  it("says of whatever is written either what is wrong with it or whether it holds", () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(" "));
    const dense = fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((parts) => parts.join(""));
    const anything = fc.string({ unit: "binary", maxLength: 200 });
    const broken = fc
      .tuple(trees, fc.nat(200), fc.nat(5), fc.constantFrom("", ...words))
      .map(([tree, at, length, put]) => {
        const text = write(tree);
        return text.slice(0, at) + put + text.slice(at + length);
      });
    fc.assert(
      fc.property(fc.oneof(soup, dense, anything, broken), fc.jsonValue(), (text, claims) => {
        const compiled = compileExpression(text);
        if ("error" in compiled) {
          expect(compiled.error).toMatch(/ at character \d+/);
          return;
        }
        const identity = { claims: claims as { org: string }, roles: claims as string[] };
        expect([true, false]).toContain(condition(compiled)(seen({ identity, address: text, path: text })));
      }),
      { numRuns: 5_000 },
    );
  });

  it("holds or fails, or is ambiguous, whatever a request says", () => {
    const texts = [
      'request.query.a == "x" or identity.claims.a.b in ["x"]',
      'not (request.query.__proto__ != "x") and identity.claims.a has 1',
      'request.address in cidr("::/0") and identity.claims.a < 1',
    ];
    const conditions = texts.map((text) => condition(compileExpression(text) as never));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), fc.string(), (search, a, address) => {
        for (const holds of conditions) {
          try {
            expect(typeof holds(seen({ search, address, identity: { claims: { a } as never } }))).toBe(
              "boolean",
            );
          } catch (error) {
            expect(error).toBeInstanceOf(Ambiguous);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes a time that grows with what is written and not faster", () => {
    const nested = `${"(".repeat(30)}identity.claims.a == "x"${")".repeat(30)}`;
    const many = Array.from({ length: 60 }, () => `"x" in identity.roles`).join(" or ");
    for (const text of [nested, many]) {
      const holds = condition(compileExpression(text) as never);
      const roles = Array.from({ length: 10_000 }, (_, index) => `role-${index}`);
      expect(holds(seen({ identity: { roles } }))).toBe(false);
    }
  });
});
