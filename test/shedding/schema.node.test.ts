import { expect, it } from "vitest";
import { shedSchema } from "../../src/shedding/schema.ts";

it("has bounds that make sense", () => {
  const of = (options: object) => shedSchema().safeParse(options);
  expect(of({}).data).toEqual({ start: 20, min: 4, max: 1_000, mode: "enforce" });
  for (const wrong of [{ min: 0 }, { max: 0.5 }, { start: 2 }, { start: 30, max: 20 }, { limit: 3 }]) {
    expect([wrong, of(wrong).success]).toEqual([wrong, false]);
  }
});
