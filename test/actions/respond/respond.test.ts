import { describe, expect, it } from "vitest";
import { options, type RespondOptions } from "../../../src/actions/respond/respond.ts";
import { gatewayOf } from "../../support/in-process.ts";

async function answered(respond: RespondOptions) {
  const { ask } = gatewayOf({ "GET /x": { access: "public", respond } });
  const answer = await ask("/x");
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    body: await answer.text(),
    answer,
  };
}

describe("respond", () => {
  it.each<[string, RespondOptions, object]>([
    ["nothing", {}, { status: 204, type: null, body: "" }],
    ["a status alone", { status: 410 }, { status: 410, type: null, body: "" }],
    ["text", { text: "Tea?" }, { status: 200, type: "text/plain; charset=utf-8", body: "Tea?" }],
    ["no text", { text: "" }, { status: 200, type: "text/plain; charset=utf-8", body: "" }],
    ["JSON", { json: { a: [1, null] } }, { status: 200, type: "application/json", body: '{"a":[1,null]}' }],
    ["null as JSON", { json: null }, { status: 200, type: "application/json", body: "null" }],
    [
      "markers as data",
      { json: { $env: "HOME" } },
      { status: 200, type: "application/json", body: '{"$env":"HOME"}' },
    ],
    [
      "a type of its own",
      { status: 201, text: "<p>", headers: { "Content-Type": "text/html" } },
      { status: 201, type: "text/html", body: "<p>" },
    ],
  ])("sends %s", async (_, respond, expected) => {
    expect(await answered(respond)).toMatchObject(expected);
  });

  it("sends its headers with every answer, each answer having its own", async () => {
    const { ask } = gatewayOf({
      "GET /x": { access: "public", respond: { text: "x", headers: { "X-A": "1", Allow: "GET" } } },
    });
    const first = await ask("/x");
    first.headers.set("x-a", "changed");
    const second = await ask("/x");
    expect(Object.fromEntries(second.headers)).toMatchObject({ "x-a": "1", allow: "GET" });
    expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
  });

  it.each<[string, object]>([
    ["a body of two kinds", { json: 1, text: "1" }],
    ["a body with 204", { status: 204, text: "x" }],
    ["a body with 205", { status: 205, json: {} }],
    ["a body with 304", { status: 304, text: "" }],
    ["an informational status", { status: 101 }],
    ["a status that is none", { status: 600 }],
    ["half a status", { status: 200.5 }],
    ["what JSON cannot hold", { json: { at: new Date() } }],
    ["a name that is none", { headers: { "x y": "1" } }],
    ["a line break", { headers: { "x-a": "1\r\nset-cookie: a=1" } }],
    ["what belongs to a connection", { headers: { "transfer-encoding": "chunked" } }],
    ["an unknown key", { body: "x" }],
  ])("refuses %s", (_, wrong) => {
    expect(options().safeParse(wrong).success).toBe(false);
  });
});
