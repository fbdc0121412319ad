import { describe, expect, it } from "vitest";
import type { Route } from "../../src/manifest/define.ts";
import type { HooksOptions } from "../../src/policies/transform/hooks.ts";
import { upstream } from "../../src/upstream/declare.ts";
import { gatewayOf, type Sent } from "../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });

describe("the request hook that reads the body", () => {
  const json = { method: "POST", body: '{ "a": 1 }', headers: { "content-type": "application/json" } };
  const bodyOf = ({ body }: Pick<Sent, "body">) => new Response(body as BodyInit).text();

  function reading(request: HooksOptions["request"], more: Partial<Route> = {}) {
    const route = { access: "public", hooks: { request }, forward: { upstream: service }, ...more } as Route;
    return gatewayOf({ "ANY /items": route });
  }

  it("sees it as JSON and text, and what it has read goes on", async () => {
    const seen: unknown[] = [];
    const { ask, sent } = reading(async (ctx) => {
      seen.push(await ctx.json(), await ctx.text());
    });
    expect((await ask("/items", json)).status).toBe(200);
    expect(seen).toEqual([{ a: 1 }, '{ "a": 1 }']);
    expect(await bodyOf(sent[0]!)).toBe('{ "a": 1 }');
    expect(sent[0]!.headers.get("content-type")).toBe("application/json");
  });

  it("need not read it, and finds none where there is none", async () => {
    const leaving = reading(() => undefined);
    await leaving.ask("/items", json);
    expect(await bodyOf(leaving.sent[0]!)).toBe('{ "a": 1 }');
    const { ask, sent } = reading(async (ctx) => {
      expect(await ctx.text()).toBe("");
    });
    for (const method of ["GET", "DELETE"]) expect((await ask("/items", { method })).status).toBe(200);
    expect(sent.map(({ body }) => body)).toEqual([null, null]);
  });

  it("never sees more than the route takes, and then nothing is sent on", async () => {
    for (const onFailure of ["deny", "allow"] as const) {
      const run = async (ctx: { text(): Promise<string> }) => {
        await ctx.text();
      };
      const { ask, sent } = reading({ run, onFailure }, { bodyLimit: "4B" });
      const stream = new Blob([json.body]).stream().pipeThrough(new IdentityTransformStream());
      const answer = await ask("/items", { ...json, body: stream });
      expect(await answer.json()).toMatchObject({ status: 413, code: "body-too-large" });
      expect(sent).toEqual([]);
    }
  });

  it("has the client told what is wrong with it, or sends it on where it may fail", async () => {
    const run = async (ctx: { json(): Promise<unknown> }) => {
      await ctx.json();
    };
    const wrong = { ...json, body: "{" };
    const denying = reading(run);
    expect(await (await denying.ask("/items", wrong)).json()).toMatchObject({ code: "malformed-body" });
    const allowing = reading({ run, onFailure: "allow" });
    expect((await allowing.ask("/items", wrong)).status).toBe(200);
    expect(await bodyOf(allowing.sent[0]!)).toBe("{");
  });

  it("sends nothing on where it ends before the body does, even where it may fail", async () => {
    const begin = (ctx: { text(): Promise<string> }) => {
      ctx.text().catch(() => {});
    };
    const fail = (ctx: { text(): Promise<string> }) => {
      begin(ctx);
      throw new Error("boom");
    };
    for (const run of [begin, fail]) {
      const { ask, sent, lines } = reading({ run, onFailure: "allow" });
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("half")),
      });
      expect((await ask("/items", { ...json, body })).status).toBe(500);
      expect(lines[0]).toMatchObject({ code: "internal-error", cause: expect.stringContaining("body") });
      expect(sent).toEqual([]);
    }
  });
});
