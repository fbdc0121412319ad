import { expect, it } from "vitest";
import { answerExplain, type Explain } from "../../src/admin/explain.ts";
import type { Traced } from "../../src/explain/traced.ts";

const TRACED: Traced = {
  manifest: "0123456789abcdef",
  credentialNames: { headers: [], parameters: [] },
  events: [],
  calls: [],
  answer: { status: 200, headers: [] },
  ms: 1,
};
const execution = { waitUntil: () => {} };

function ask(init: RequestInit, explain: Explain = async () => TRACED) {
  const request = new Request("https://a.example/_gateway/admin/explain", { method: "POST", ...init });
  return answerExplain(request, execution, explain, "request-1");
}

const json = { "content-type": "application/json" };

it("is the trace of what is described, asked from where the question comes", async () => {
  const asked: unknown[] = [];
  const headers = { ...json, "cf-connecting-ip": "203.0.113.1" };
  const answer = await ask({ headers, body: '{"method":"GET"}' }, async (...args) => {
    asked.push(...args);
    return TRACED;
  });
  expect([answer.status, await answer.json()]).toEqual([200, TRACED]);
  expect(asked).toEqual([{ method: "GET" }, "203.0.113.1", execution]);
});

it("is a problem where the description is none", async () => {
  for (const [init, status, said] of [
    [{ body: "{}" }, 400, "Content-Type must be application/json."],
    [
      { headers: { "content-type": "text/plain" }, body: "{}" },
      400,
      "Content-Type must be application/json.",
    ],
    [{ headers: json, body: "{" }, 400, "The body is not JSON."],
    [{ headers: json }, 400, "The body is not JSON."],
    [{ headers: json, body: `"${"a".repeat(1_000_000)}"` }, 413, "At most 1000000 bytes"],
  ] as const) {
    const answer = await ask(init, async () => {
      throw new Error("nothing may be traced");
    });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringContaining(said),
      requestId: "request-1",
    });
  }
});

it("says what is wrong with the description", async () => {
  const answer = await ask({ headers: json, body: "{}" }, async () => "`method` must be a string.");
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: "malformed-body", detail: "`method` must be a string." });
});
