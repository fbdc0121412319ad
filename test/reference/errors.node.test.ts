import { describe, expect, it } from "vitest";
import { readErrorNotes } from "../../scripts/reference/errors.ts";
import { actions } from "../../src/actions/registry.ts";
import { catalog } from "../../src/errors/catalog.ts";
import { credentials } from "../../src/identity/credentials/registry.ts";
import { routeSettings } from "../../src/manifest/compiler/settings.ts";
import { policies } from "../../src/policies/registry.ts";

const notes = readErrorNotes();
const keys = [
  "gateway",
  "require",
  "upstream",
  ...Object.keys(routeSettings),
  ...Object.keys(actions),
  ...Object.keys(policies),
  ...Object.keys(credentials),
];

describe("the sections of docs/errors.md", () => {
  it("are the catalog's codes, in its order: add `### code` with When, Operator and From for a new one", () => {
    expect(notes.map(({ code }) => code)).toEqual(Object.keys(catalog));
  });

  it("say when it happens and what the operator can do", () => {
    for (const { code, when, operator } of notes) {
      expect(when, code).toMatch(/^[\s\S]{20,}\.$/);
      expect(operator, code).toMatch(/^[\s\S]{10,}\.$/);
    }
  });

  it("name keys of a manifest that there are", () => {
    expect(notes.flatMap(({ from }) => from).filter((key) => !keys.includes(key))).toEqual([]);
    expect(notes.filter(({ from }) => from.length === 0)).toEqual([]);
  });
});
