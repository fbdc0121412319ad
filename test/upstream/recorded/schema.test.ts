import { describe, expect, it } from "vitest";
import { recordingSchema } from "../../../src/upstream/recorded/schema.ts";

const answer = { status: 200, headers: { "content-type": "text/plain" }, text: "x" };
const exchange = { method: "GET", target: "/a?b", answers: [answer] };
const recording = { version: 1, origin: "https://api.example", redacted: [], exchanges: [exchange] };
const path = (value: unknown) => recordingSchema().safeParse(value).error?.issues[0]?.path.join(".");
const withExchange = (changes: object) => ({ ...recording, exchanges: [{ ...exchange, ...changes }] });
const withAnswer = (...answers: object[]) => withExchange({ answers });

describe("the schema of recordings", () => {
  it.each<[string, unknown]>([
    ["a plain one", recording],
    ["an empty one", { ...recording, exchanges: [] }],
    [
      "a body and headers that decide",
      withExchange({ body: `sha256-${"0a".repeat(32)}`, vary: { accept: null } }),
    ],
    ["any JSON", withAnswer({ ...answer, text: undefined, json: null })],
    ["bytes", withAnswer({ status: 200, headers: {}, base64: "AP/+" })],
    ["no body", withAnswer({ status: 204, headers: {} }, answer)],
  ])("takes %s", (_, value) => {
    expect(recordingSchema().safeParse(value).error).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, ""],
    ["another version", { ...recording, version: 2 }, "version"],
    ["a method with a space", withExchange({ method: "GET /" }), "exchanges.0.method"],
    ["a target that is none", withExchange({ target: "a" }), "exchanges.0.target"],
    ["a digest that is none", withExchange({ body: "x" }), "exchanges.0.body"],
    ["no answer", withAnswer(), "exchanges.0.answers"],
    ["a status that no Response has", withAnswer({ ...answer, status: 101 }), "exchanges.0.answers.0.status"],
    ["two bodies", withAnswer({ ...answer, json: 1 }), "exchanges.0.answers.0"],
    ["a body with 304", withAnswer(answer, { ...answer, status: 304 }), "exchanges.0.answers.1"],
    [
      "a header that is none",
      withAnswer({ ...answer, headers: { a: "\n" } }),
      "exchanges.0.answers.0.headers.a",
    ],
    ["what it does not know", withAnswer({ ...answer, delay: 1 }), "exchanges.0.answers.0"],
  ])("refuses %s", (_, value, at) => {
    expect(path(value)).toBe(at);
  });
});
