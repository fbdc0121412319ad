import { expect, it } from "vitest";
import { Revalidations } from "../../src/cache/revalidations.ts";

it("lets one revalidate a key at a time", () => {
  const revalidations = new Revalidations();
  expect(revalidations.begin("a", 0)).toBe(true);
  expect(revalidations.begin("a", 10)).toBe(false);
  expect(revalidations.begin("b", 10)).toBe(true);
  revalidations.end("a");
  expect(revalidations.begin("a", 20)).toBe(true);
});

it("does not wait for ever for one that died with its request", () => {
  const revalidations = new Revalidations();
  revalidations.begin("a", 0);
  expect(revalidations.begin("a", 29_999)).toBe(false);
  expect(revalidations.begin("a", 30_000)).toBe(true);
});
