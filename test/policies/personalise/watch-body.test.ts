import { describe, expect, it } from "vitest";
import type { RequestContext } from "../../../src/context.ts";
import type { Deps } from "../../../src/deps.ts";
import { create } from "../../../src/policies/personalise/watch-body.ts";

const watch = (response: Response) => {
  const request = new Request("https://api.example");
  const ctx = { method: "GET", request, record: {}, ended: undefined } as unknown as RequestContext;
  const deps = { now: () => Date.now() } as Deps;
  const answer = create(true, { deps }).personalise!(ctx, response) as Response;
  return { ctx, answer };
};

function bodyOf(...parts: Array<string | Error>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    pull(sink) {
      const part = parts[next++];
      if (part === undefined) sink.close();
      else if (typeof part === "string") sink.enqueue(encoder.encode(part));
      else sink.error(part);
    },
  });
}

describe("watchBody", () => {
  it("passes the body on, counts it and says when it has ended", async () => {
    const { ctx, answer } = watch(new Response(bodyOf("hello ", "world"), { status: 201 }));
    expect(await answer.text()).toBe("hello world");
    expect(answer.status).toBe(201);
    await ctx.ended;
    expect(ctx.record).toEqual({ bytes: 11 });
  });

  it("leaves an answer without a body alone, so that its line is not waited for", () => {
    const response = new Response(null, { status: 204 });
    const { ctx, answer } = watch(response);
    expect(answer).toBe(response);
    expect(ctx.ended).toBeUndefined();
  });

  it("blames the upstream for a body that breaks off, and breaks off the client's", async () => {
    const { ctx, answer } = watch(new Response(bodyOf("half", new Error("connection lost"))));
    await expect(answer.text()).rejects.toThrow();
    await ctx.ended;
    expect(ctx.record).toMatchObject({
      fault: "upstream",
      cause: expect.stringContaining("connection lost"),
      bytes: 4,
    });
  });

  it("blames the upstream for a body that is shorter than it said", async () => {
    const { ctx, answer } = watch(new Response(bodyOf("half"), { headers: { "content-length": "8" } }));
    await expect(answer.text()).rejects.toThrow();
    await ctx.ended;
    expect(ctx.record).toMatchObject({ fault: "upstream", bytes: 4 });
  });

  it("blames the client that leaves, and lets go of the origin", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (sink) => sink.enqueue(new Uint8Array(1024)),
      cancel: () => {
        cancelled = true;
      },
    });
    const { ctx, answer } = watch(new Response(endless));
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel("gone");
    await ctx.ended;
    expect(ctx.record).toMatchObject({ fault: "client" });
    expect(cancelled).toBe(true);
  });
});
