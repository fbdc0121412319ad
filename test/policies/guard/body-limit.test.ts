import { describe, expect, it } from "vitest";
import type { RequestContext } from "../../../src/context.ts";
import type { Refusal } from "../../../src/errors/refusal.ts";
import { create, options } from "../../../src/policies/guard/body-limit.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { gatewayOf } from "../../support/in-process.ts";

/** The verdict on a request. A stream has no length of its own, so the header is all there is. */
function verdict(limit: number, method: string, contentLength: string | null, body: BodyInit | null = "x") {
  const headers = new Headers(contentLength === null ? {} : { "content-length": contentLength });
  const request = { body: body === null ? null : new Response(body).body, headers } as Request;
  const refusal = create({ limit, mode: "enforce" }).guard?.({ method, request } as RequestContext);
  return (refusal as Refusal | undefined)?.code;
}

describe("a body limit", () => {
  it("is a size with its unit", () => {
    expect(options().parse("10KB")).toEqual({ limit: 10_000, mode: "enforce" });
    expect(options().parse({ limit: "10KB", mode: "report" })).toEqual({ limit: 10_000, mode: "report" });
    for (const wrong of ["10", 10, "10 KB", "", {}, { limit: "10KB", mode: "off" }])
      expect(options().safeParse(wrong).success).toBe(false);
  });

  it("lets a body pass that declares as much and no more", () => {
    expect(verdict(10, "POST", "10")).toBeUndefined();
    expect(verdict(10, "POST", "0")).toBeUndefined();
    expect(verdict(10, "POST", "11")).toBe("body-too-large");
    expect(verdict(0, "POST", "1")).toBe("body-too-large");
    expect(verdict(10, "DELETE", "11")).toBe("body-too-large");
  });

  it("leaves a body without a length to whoever reads it or sends it on", () => {
    const policy = create({ limit: 10, mode: "enforce" });
    expect(verdict(10, "POST", null)).toBeUndefined();
    expect(policy.bodyLimit).toBe(10);
  });

  it.each(["-1", "1e3", "0x1", "1.5", "", " ", "5, 5", "five", "٥"])("takes %j for no length", (length) => {
    const request = { body: new Response("x").body, headers: { get: () => length } } as unknown as Request;
    const refusal = create({ limit: 10, mode: "enforce" }).guard?.({
      method: "POST",
      request,
    } as RequestContext);
    expect((refusal as Refusal).code).toBe("malformed-header");
  });

  it("takes a length beyond all numbers for too large", () => {
    expect(verdict(Number.MAX_SAFE_INTEGER, "POST", "9".repeat(400))).toBe("body-too-large");
  });

  it("has nothing to say where there is no body, or none that is forwarded", () => {
    expect(verdict(10, "POST", null, null)).toBeUndefined();
    expect(verdict(10, "GET", "99")).toBeUndefined();
    expect(verdict(10, "HEAD", "99")).toBeUndefined();
  });

  it("refuses before any origin is asked, and says how much is taken", async () => {
    const { ask, sent } = gatewayOf({
      "POST /x": { access: "public", bodyLimit: "4B", handler: async (ctx) => ({ got: await ctx.text() }) },
    });
    const body = "12345";
    const refused = await ask("/x", { method: "POST", body, headers: { "content-length": "5" } });
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ code: "body-too-large", detail: "At most 4 bytes." });
    expect(sent).toEqual([]);
    const taken = await ask("/x", { method: "POST", body: "1234", headers: { "content-length": "4" } });
    expect(await taken.json()).toEqual({ got: "1234" });
  });

  it("holds for a body that does not say how long it is", async () => {
    const service = upstream("service", { origin: "https://service.example" });
    const { ask } = gatewayOf(
      {
        "POST /read": {
          access: "public",
          bodyLimit: "4B",
          handler: async (ctx) => ({ got: await ctx.text() }),
        },
        "POST /sent": { access: "public", bodyLimit: "4B", forward: { upstream: service } },
      },
      { origin: async ({ body }) => new Response(await new Response(body).text()) },
    );
    const chunked = (text: string): RequestInit => ({ method: "POST", body: new Response(text).body });
    for (const path of ["/read", "/sent"]) {
      expect((await ask(path, chunked("1234"))).status).toBe(200);
      expect(await (await ask(path, chunked("12345"))).json()).toMatchObject({ code: "body-too-large" });
    }
  });

  it("on trial lets larger bodies pass, and says which it would not", async () => {
    const service = upstream("service", { origin: "https://service.example" });
    const bodyLimit = { limit: "4B", mode: "report" } as const;
    const { ask, lines } = gatewayOf(
      { "POST /sent": { access: "public", bodyLimit, forward: { upstream: service } } },
      { origin: async ({ body }) => new Response(await new Response(body).text()) },
    );
    const chunked = (text: string): RequestInit => ({ method: "POST", body: new Response(text).body });
    const declared = (text: string, length: string): RequestInit => ({
      method: "POST",
      body: text,
      headers: { "content-length": length },
    });
    const reported = { policy: "bodyLimit", code: "body-too-large", reason: "At most 4 bytes." };
    for (const [init, text, report] of [
      [chunked("1234"), "1234", undefined],
      [chunked("12345"), "12345", [reported]],
      [declared("1234", "4"), "1234", undefined],
      [declared("12345", "5"), "12345", [reported]],
    ] as const) {
      const answer = await ask("/sent", init);
      expect([answer.status, await answer.text()]).toEqual([200, text]);
      expect(lines.at(-1)!.reported).toEqual(report);
    }
  });
});
