import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { env, secret } from "../../../src/env.ts";
import { declareCredential } from "../../../src/identity/declare.ts";
import { serialise } from "../../../src/manifest/compiler/serialise.ts";
import { revive } from "../../../src/manifest/markers.ts";
import { upstream } from "../../../src/upstream/declare.ts";

/** Through JSON and back; what JSON cannot hold comes back as a word for it. */
function roundTrip(value: unknown) {
  const values: unknown[] = [];
  const variables: string[] = [];
  const json = serialise(value, {
    upstream: ({ name }) => name,
    credential: ({ type }) => type.length,
    value: (each) => values.push(each) - 1,
    variable: (name) => void variables.push(name),
    file: ({ path }) => `content of ${path}`,
  });
  const revived = revive(json, {
    upstream: (name) => `upstream ${name}`,
    credential: (index, requirements) => ({ credential: index, requirements }),
    value: (index) => values[index],
    env: (name) => `value of ${name}`,
  });
  return { revived, json, variables };
}

describe("what is serialised and revived", () => {
  it("is the running thing where it was a declaration", () => {
    const handler = () => undefined;
    const app = { fetch: () => new Response() };
    class Instance {}
    const instance = new Instance();
    const token = declareCredential("jwt", {})({ scopes: ["a"], claims: { $org: "x" } });
    const { revived, variables } = roundTrip({
      list: [upstream("api", { origin: "https://api.example" }), [handler]],
      nested: { app, instance, token, from: env("A"), hidden: secret("B") },
    });
    expect(revived).toEqual({
      list: ["upstream api", [handler]],
      nested: {
        app,
        instance,
        token: { credential: 3, requirements: { scopes: ["a"], claims: { $org: "x" } } },
        from: "value of A",
        hidden: "value of B",
      },
    });
    expect(variables).toEqual(["A", "B"]);
  });

  it.each([
    { $ref: "#/a" },
    { $upstream: "api" },
    { $value: 0 },
    { $credential: 0, requirements: {} },
    { $literal: { $literal: 1 } },
    { $literal: { $value: 0 } },
    { a: { $b: { $c: [{ $value: 0 }] } } },
    { $a: { b: { $upstream: "api" } }, c: 1 },
    [{ $value: 0 }, { $value: 1 }],
    JSON.parse('{ "__proto__": { "$value": 0 }, "constructor": 1 }'),
  ])("is the user's own data as it was, be it like a marker: %j", (data) => {
    expect(roundTrip({ data })).toMatchObject({ revived: { data } });
    expect(roundTrip(data).revived).toEqual(data);
  });

  it("is any JSON as it was", () => {
    const key = fc.oneof(
      fc.string(),
      fc.constantFrom("$value", "$literal", "$upstream", "$credential", "$", "__proto__"),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 0, -1.5, "", "$value"),
        fc.string(),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (data) => {
        const { revived, json } = roundTrip({ data });
        expect(JSON.stringify(revived)).toBe(JSON.stringify({ data }));
        expect(json).not.toContain("undefined");
      }),
      { numRuns: 500 },
    );
  });
});
