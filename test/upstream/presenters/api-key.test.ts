import { describe, expect, it } from "vitest";
import { secret } from "../../../src/env.ts";
import { create, options } from "../../../src/upstream/presenters/api-key.ts";
import { faults, presented, refusalOf } from "../support.ts";

describe("a static secret", () => {
  it("stands in a header, after its prefix", async () => {
    const presenter = create({ header: "X-Api-Key", value: "k3y", prefix: "Key " });
    expect([...(await presented(presenter)).headers]).toEqual([["x-api-key", "Key k3y"]]);
    expect(presenter).toMatchObject({ fields: ["x-api-key"], answersFor401: false });
    expect(create({ header: "Authorization", value: "k3y" }).answersFor401).toBe(true);
  });

  it.each([
    ["https://a.example/x", "https://a.example/x?key=k%263%20y"],
    ["https://a.example/x?", "https://a.example/x?key=k%263%20y"],
    ["https://a.example/x?b=1&c", "https://a.example/x?b=1&c&key=k%263%20y"],
    [
      "https://a.example/x?key=theirs&b=1&KEY=theirs&k%65y=theirs&k%65y",
      "https://a.example/x?b=1&key=k%263%20y",
    ],
  ])("stands in the query in place of any other of its name: %s", async (url, expected) => {
    expect((await presented(create({ query: "key", value: "k&3 y" }), { url })).url).toBe(expected);
  });

  it.each(["", "with\nline", "tail\n", " space", "é"])(
    "that no header can hold, %j, is told and not shown",
    async (value) => {
      const { code, cause } = await refusalOf(() => create({ header: "x-api-key", value }));
      expect(code).toBe("configuration-missing");
      expect(cause).toBe("apiKey: the secret is empty, or holds what a header cannot, such as a line's end");
    },
  );

  it("goes into one place that can hold it", () => {
    const value = secret("KEY");
    const judge = (written: object) => faults(options(), { value, ...written });
    expect(judge({ header: "x-api-key" })).toEqual([]);
    expect(judge({ query: "key" })).toEqual([]);
    expect(judge({})).toEqual([": goes into either a header or a query parameter: write one of both"]);
    expect(judge({ header: "a", query: "b" })).toHaveLength(1);
    expect(judge({ query: "key", prefix: "x" })).toEqual([": has a prefix in a header only"]);
    expect(judge({ header: "host" })).toEqual(["header: is made for each connection and cannot be set"]);
    expect(judge({ header: "x-a", value: "plain" })).toEqual([
      'value: must be secret("NAME"): secrets never stand in a manifest',
    ]);
  });
});
