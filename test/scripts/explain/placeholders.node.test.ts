import { expect, it } from "vitest";
import { Placeholders } from "../../../scripts/explain/placeholders.ts";
import type { UnplannedStep } from "../../../src/actions/compose/plan.ts";
import { replaceTexts } from "../../../src/explain/redact.ts";

const step = (name: string, ...references: ReadonlyArray<readonly [string, ...string[]]>): UnplannedStep => ({
  name,
  path: { template: ["/", ...references] },
  method: "GET",
  headers: [],
  query: [],
  optional: false,
  passStatus: [],
  shape: {},
});

it("are what later steps name, wherever it stands, in words that need no encoding", () => {
  const placeholders = new Placeholders();
  const answers = placeholders.answersOf([
    step("a", ["params", "id"]),
    step("b", ["a", "user", "id"], ["a", "user", "name"], ["a", "list", "0"]),
    step("c", ["b"], ["a", "user", "id"], ["identity", "subject"]),
  ]);
  expect([...answers.keys()]).toEqual(["a", "b"]);
  const words = placeholders.shown.map(([word]) => word);
  expect(new Set(words.map((word) => encodeURIComponent(word).toLowerCase()))).toEqual(new Set(words));
  expect(replaceTexts(Object.fromEntries(answers), placeholders.shown)).toEqual({
    a: { user: { id: "{a.user.id}", name: "{a.user.name}" }, list: { 0: "{a.list.0}" } },
    b: "{b}",
  });
});

it("show a whole with the words of its members in it", () => {
  const placeholders = new Placeholders();
  const answers = placeholders.answersOf([step("b", ["a"], ["a", "id"]), step("c", ["a"])]);
  expect(replaceTexts(answers.get("a"), placeholders.shown)).toEqual({ id: "{a.id}" });
});
