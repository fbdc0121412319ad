import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeadersOptions, options } from "../../../src/policies/transform/headers.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { asAda, gatewayOf } from "../../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });

function route(headers: HeadersOptions, answer: Record<string, string> = {}) {
  return gatewayOf(
    { "GET /items/:id": { access: asAda, headers, forward: { upstream: service } } },
    { origin: () => new Response("x", { headers: answer }) },
  );
}

describe("headers of a request to an upstream", () => {
  it("are removed, then set, with references", async () => {
    const { ask, sent } = route({
      request: {
        remove: ["accept", "X-Old"],
        set: {
          "X-Item": "item {params.id} of {identity.subject}",
          "x-old": "new",
          "x-query": "{query.q}",
          "x-missing": "[{query.none}]",
        },
      },
    });
    await ask("/items/7?q=a+b", { headers: { accept: "text/html", "x-old": "old", "x-kept": "1" } });
    expect(Object.fromEntries(sent[0]!.headers)).toMatchObject({
      "x-item": "item 7 of ada",
      "x-old": "new",
      "x-query": "a b",
      "x-missing": "[]",
      "x-kept": "1",
    });
    expect(sent[0]!.headers.has("accept")).toBe(false);
  });

  it("leave the answer's alone", async () => {
    const { ask } = route({ request: { set: { "x-a": "1" } } });
    expect((await ask("/items/7")).headers.has("x-a")).toBe(false);
  });

  it.each(["a\r\nx-evil: 1", "a\nb", "日本"])("never carry %j: the request is refused", async (value) => {
    const { ask, sent } = route({ request: { set: { "x-q": "{query.q}" } } });
    const answer = await ask(`/items/7?q=${encodeURIComponent(value)}`);
    expect(await answer.json()).toMatchObject({ status: 400, code: "unusable-value" });
    expect(sent).toEqual([]);
  });

  it("carry nothing but what a header can, whatever a client sends", async () => {
    const { ask, sent } = route({ request: { set: { "x-q": "<{query.q}>" } } });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 12 }), async (q) => {
        sent.length = 0;
        const answer = await ask(`/items/7?q=${encodeURIComponent(q.toWellFormed())}`);
        if (answer.status === 200) expect(sent[0]!.headers.get("x-q")).toMatch(/^<[\t\x20-\x7e\x80-\xff]*>$/);
        else expect(answer.status).toBe(400);
      }),
    );
  });
});

describe("headers of an answer", () => {
  it("are removed, then set, with references", async () => {
    const { ask } = route(
      { response: { remove: ["server", "X-Powered-By"], set: { "x-item": "{params.id}", via: "gateway" } } },
      { server: "secret/1.0", "x-powered-by": "magic", via: "origin", etag: '"1"' },
    );
    const { headers } = await ask("/items/7");
    expect(Object.fromEntries(headers)).toMatchObject({ "x-item": "7", via: "gateway", etag: '"1"' });
    expect(headers.has("server")).toBe(false);
    expect(headers.has("x-powered-by")).toBe(false);
  });

  it("that repeat are removed as a whole", async () => {
    const { ask } = gatewayOf(
      {
        "GET /x": {
          access: "public",
          headers: { response: { remove: ["set-cookie"] } },
          forward: { upstream: service },
        },
      },
      {
        origin: () => {
          const headers = new Headers([
            ["set-cookie", "a=1"],
            ["set-cookie", "b=2"],
          ]);
          return new Response("x", { headers });
        },
      },
    );
    expect((await ask("/x")).headers.getSetCookie()).toEqual([]);
  });
});

describe("options", () => {
  it.each<[string, object]>([
    ["no name", { request: { set: { "x y": "1" } } }],
    ["a line break in a name", { response: { set: { "x\r\ny": "1" } } }],
    ["a line break in a value", { response: { set: { "x-a": "1\r\nset-cookie: a=1" } } }],
    ["a value beyond ASCII", { response: { set: { "x-a": "日" } } }],
    ["a broken reference", { request: { set: { "x-a": "{params.id" } } }],
    ["what belongs to a connection", { request: { set: { Connection: "close" } } }],
    ["a length", { response: { set: { "Content-Length": "0" } } }],
    ["a host", { request: { set: { host: "evil.example" } } }],
    ["a name to remove that is none", { request: { remove: ["x:y"] } }],
    ["an unknown key", { request: { add: {} } }],
  ])("refuse %s", (_, wrong) => {
    expect(options().safeParse(wrong).success).toBe(false);
  });
});
