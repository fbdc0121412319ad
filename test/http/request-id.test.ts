import { expect, it } from "vitest";
import { requestId } from "../../src/http/request-id.ts";

it.each(["12345678", "a.b_c-D9", "x".repeat(128)])("keeps the caller's %s", (id) => {
  expect(requestId(id, "made-here")).toBe(id);
});

it.each([
  null,
  "",
  "short",
  "x".repeat(129),
  "has a blank",
  "has\nnewline",
  'quote"quote',
  "émigré-id",
  "12345678\n",
])("does not keep %j", (id) => {
  expect(requestId(id, "made-here")).toBe("made-here");
});
