import { describe, expect, it } from "vitest";
import { type HandlerFunction, options } from "../../../src/actions/handler/handler.ts";
import { asAda, gatewayOf } from "../../support/in-process.ts";

function handled(handler: HandlerFunction) {
  return gatewayOf({
    "GET /items/:id": { access: asAda, handler },
    "POST /items/:id": { access: asAda, handler },
  });
}

describe("a handler", () => {
  it("answers with a value, as JSON", async () => {
    const answer = await handled(({ params, identity }) => ({ id: params.id, by: identity?.subject })).ask(
      "/items/7",
    );
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ id: "7", by: "ada" });
    expect(await (await handled(async () => [1, 2]).ask("/items/7")).json()).toEqual([1, 2]);
  });

  it("answers with a Response, even one that cannot be changed", async () => {
    const answer = await handled(() => Response.redirect("https://elsewhere.example/", 303)).ask("/items/7");
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "https://elsewhere.example/"]);
    expect(answer.headers.get("x-request-id")).not.toBeNull();
  });

  it("reads the body, as JSON or text, as often as it likes", async () => {
    const { ask } = handled(async (ctx) => [await ctx.json(), await ctx.text(), await ctx.json()]);
    const answer = await ask("/items/7", { method: "POST", body: '{"a":1}' });
    expect(await answer.json()).toEqual([{ a: 1 }, '{"a":1}', { a: 1 }]);
  });

  it("need not read it", async () => {
    const { ask } = handled(() => ({ done: true }));
    expect((await ask("/items/7", { method: "POST", body: "x" })).status).toBe(200);
  });

  it.each<[string, BodyInit]>([
    ["what is no JSON", "{"],
    ["nothing", ""],
    ["what is not UTF-8", new Uint8Array([0xff, 0xfe])],
  ])("has the client refused for %s", async (_, body) => {
    const answer = await handled((ctx) => ctx.json() as Promise<object>).ask("/items/7", {
      method: "POST",
      body,
    });
    expect(await answer.json()).toMatchObject({ status: 400, code: "malformed-body" });
  });

  it("is never given more than ten million bytes", async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
    });
    const answer = await handled(async (ctx) => ({ length: (await ctx.text()).length })).ask("/items/7", {
      method: "POST",
      body,
    });
    expect(await answer.json()).toMatchObject({ status: 413, code: "body-too-large" });
  });

  it("that throws is a bug of which the client learns nothing", async () => {
    const { ask, lines } = handled(() => {
      throw new Error("password: hunter2");
    });
    const answer = await ask("/items/7");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("hunter2");
    expect(lines[0]).toMatchObject({ code: "internal-error", cause: expect.stringContaining("hunter2") });
  });

  it("may leave notes in the log", async () => {
    const { ask, lines } = handled((ctx) => {
      ctx.note("first");
      ctx.note("second");
      return {};
    });
    await ask("/items/7");
    expect(lines[0]).toMatchObject({ notes: ["first", "second"] });
  });

  it("is a function and nothing else", () => {
    for (const wrong of ["f", {}, null, undefined, [() => ({})]])
      expect(options().safeParse(wrong).success).toBe(false);
  });
});
