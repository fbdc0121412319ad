import { expect, it } from "vitest";
import { fieldsOf, headerChanges } from "../../src/explain/header-changes.ts";
import { redactorOf } from "../../src/explain/redact.ts";

const changes = (before: HeadersInit, after: HeadersInit) =>
  headerChanges(fieldsOf(new Headers(before)), fieldsOf(new Headers(after)), redactorOf());

it("are the fields that are new or other, and those that are gone", () => {
  expect(changes({ a: "1", b: "2", c: "3" }, { b: "2", c: "4", d: "5" })).toEqual({
    set: [
      ["c", "4"],
      ["d", "5"],
    ],
    removed: ["a"],
  });
});

it("are nothing where nothing changed", () => {
  expect(changes({ a: "1" }, { A: "1" })).toBeUndefined();
  expect(changes({}, {})).toBeUndefined();
});

it("see a second cookie, and show none", () => {
  const one = new Headers([["set-cookie", "a=1"]]);
  const two = new Headers([
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  expect(headerChanges(fieldsOf(one), fieldsOf(two), redactorOf())).toEqual({
    set: [
      ["set-cookie", "(redacted)"],
      ["set-cookie", "(redacted)"],
    ],
    removed: [],
  });
});
