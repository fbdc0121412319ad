import fc from "fast-check";
import { expect, it } from "vitest";
import { checkParamPattern, compileParamPattern } from "../../src/match/param-pattern.ts";

it("whatever is taken compiles, and reads a long hostile segment in time linear in its length", () => {
  const atom = fc.constantFrom("a", "b", "\\d", "\\w", "[a-c]", "[^a]", ".", "-");
  const quantifier = fc.constantFrom("", "+", "*", "?", "{2}", "{1,50}", "{3,}");
  const pattern = fc
    .array(fc.tuple(atom, quantifier), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.flat().join(""));
  const text = fc.constantFrom("a", "b", "1", "-").map((character) => `${character.repeat(100_000)}!`);
  fc.assert(
    fc.property(pattern, text, (source, hostile) => {
      fc.pre(checkParamPattern(source) === undefined);
      const started = performance.now();
      compileParamPattern(source).test(hostile);
      // Quadratic time would be ten seconds; linear time is about a millisecond.
      expect(performance.now() - started).toBeLessThan(500);
    }),
    { numRuns: 500 },
  );
});
