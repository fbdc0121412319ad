import { expect, it } from "vitest";
import { parameterName } from "../../src/http/parameter-name.ts";

it.each([
  ["Token", "token"],
  ["tok%65n", "token"],
  ["a+b", "a b"],
  ["caf%C3%89", "café"],
  ["100%", "100%"],
])("a parameter %s is called %s", (encoded, name) => {
  expect(parameterName(encoded)).toBe(name);
});
