import { describe, expect, it } from "vitest";
import type { RequestContext } from "../../src/context.ts";
import { latestEnd } from "../../src/streams/latest-end.ts";
import { tap } from "../../src/streams/tap.ts";

const UNBOUNDED = { idle: Number.POSITIVE_INFINITY, end: latestEnd(undefined, undefined, 0) };

function tapped(body: string, init: ResponseInit) {
  const request = new Request("https://api.example");
  const ctx = { method: "GET", request, record: {}, ended: undefined } as unknown as RequestContext;
  const response = new Response(body, init);
  return { ctx, response, answer: tap(ctx, response, UNBOUNDED, () => 0) };
}

describe("a tap", () => {
  it("takes an origin that repeats its length at its word", async () => {
    const whole = tapped("hello", { headers: { "content-length": "5, 5" } });
    expect(await whole.answer.text()).toBe("hello");
    const short = tapped("hell", { headers: { "content-length": "5,5" } });
    await expect(short.answer.text()).rejects.toThrow();
    await short.ctx.ended;
    expect(short.ctx.record).toMatchObject({ fault: "upstream", bytes: 4 });
  });

  it.each(["5, 6", "five", "-1", "5.0", ""])("does without a length of %j", async (length) => {
    const { ctx, answer } = tapped("hello", { headers: { "content-length": length } });
    expect(await answer.text()).toBe("hello");
    await ctx.ended;
    expect(ctx.record).toEqual({ bytes: 5 });
  });

  it("leaves a part of a coded body alone: it is no content that could be read", () => {
    const headers = { "content-encoding": "gzip", "content-range": "bytes 0-3/9" };
    const { ctx, response, answer } = tapped("part", { status: 206, headers, encodeBody: "manual" });
    expect(answer).toBe(response);
    expect(ctx.ended).toBeUndefined();
  });
});
