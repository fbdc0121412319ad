import { describe, expect, it } from "vitest";
import { changeable, checkAnswer, isTaken } from "../../src/functions/answer.ts";

async function read(): Promise<Response> {
  const response = new Response("read");
  await response.text();
  return response;
}

function held(): Response {
  const response = new Response("held");
  response.body?.getReader();
  return response;
}

function upgraded(): Response {
  return new Response(null, { status: 101, webSocket: new WebSocketPair()[0] });
}

describe("what a function gives for an answer", () => {
  it("is a Response of any final status", () => {
    for (const answer of [new Response("x"), new Response(null, { status: 599 }), Response.json({})]) {
      expect(checkAnswer(answer, false)).toBe(answer);
    }
  });

  it.each([
    ["a string", "no", "[object String] is no Response"],
    ["null", null, "[object Null] is no Response"],
    ["what looks like one", { status: 200, body: null }, "[object Object] is no Response"],
    ["a function", () => new Response(), "[object Function] is no Response"],
    ["a promise in a promise", [Promise.resolve()], "[object Array] is no Response"],
  ])("is not %s", (_, given, message) => {
    expect(() => checkAnswer(given, false)).toThrow(message);
  });

  it("is none whose body somebody else has, or may have", async () => {
    for (const answer of [await read(), held()]) {
      expect(isTaken(answer)).toBe(true);
      expect(() => checkAnswer(answer, false)).toThrow("the body of the Response has been read");
    }
    expect(isTaken(new Response("x"))).toBe(false);
    expect(isTaken(new Response(null))).toBe(false);
  });

  it("is no failed fetch, and an accepted upgrade only where that is asked for", () => {
    expect(() => checkAnswer(Response.error(), true)).toThrow("status 0");
    expect(() => checkAnswer(upgraded(), false)).toThrow("status 101");
    expect(checkAnswer(upgraded(), true).status).toBe(101);
  });

  it("can be changed, and keeps its WebSocket", () => {
    const copy = changeable(Response.redirect("https://elsewhere.example/"));
    copy.headers.set("x-a", "1");
    expect(copy.headers.get("location")).toBe("https://elsewhere.example/");
    expect(changeable(upgraded()).webSocket).not.toBeNull();
  });
});
