import { describe, expect, it } from "vitest";
import { type HooksOptions, options } from "../../../src/policies/transform/hooks.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { asAda, type Given, gatewayOf } from "../../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });

function hooked(hooks: HooksOptions, given: Given = {}) {
  return gatewayOf({ "GET /items/:id": { access: asAda, hooks, forward: { upstream: service } } }, given);
}

/** A response whose headers cannot be changed, as those of a fetched one. */
function immutable(): Response {
  const response = Response.redirect("https://elsewhere.example/", 302);
  expect(() => response.headers.set("x-a", "1")).toThrow();
  return response;
}

const boom = () => {
  throw new Error("boom: secret");
};

describe("the request hook", () => {
  it("sees the request and lets it go on", async () => {
    const seen: unknown[] = [];
    const { ask, sent } = hooked({
      request: ({ method, path, params, query, headers, identity, requestId }) => {
        seen.push({
          method,
          path,
          params,
          q: query.get("q"),
          accept: headers.get("accept"),
          identity,
          requestId,
        });
        return undefined;
      },
    });
    const answer = await ask("/items/7?q=1", {
      headers: { accept: "text/html", "x-request-id": "request-1" },
    });
    expect(answer.status).toBe(200);
    expect(sent).toHaveLength(1);
    expect(seen).toMatchObject([
      {
        method: "GET",
        path: "/items/7",
        params: { id: "7" },
        q: "1",
        accept: "text/html",
        identity: { subject: "ada" },
        requestId: "request-1",
      },
    ]);
  });

  it("may answer instead, even with what cannot be changed", async () => {
    const { ask, sent } = hooked({ request: immutable });
    const answer = await ask("/items/7");
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")).toBe("https://elsewhere.example/");
    expect(answer.headers.get("x-request-id")).not.toBeNull();
    expect(sent).toEqual([]);
  });

  it("runs only for who has been let in", async () => {
    let ran = false;
    const { ask } = gatewayOf({
      "GET /x": {
        access: "public",
        rateLimit: { limit: 1, window: "1m" },
        hooks: {
          request: () => {
            ran = true;
            return undefined;
          },
        },
        respond: { text: "x" },
      },
    });
    await ask("/x");
    ran = false;
    expect((await ask("/x")).status).toBe(429);
    expect(ran).toBe(false);
  });

  it("that throws is a bug of which the client learns nothing and the log all", async () => {
    const { ask, lines, sent } = hooked({ request: boom });
    const answer = await ask("/items/7");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("secret");
    expect(lines[0]).toMatchObject({
      code: "internal-error",
      cause: expect.stringContaining("boom: secret"),
    });
    expect(sent).toEqual([]);
  });
});

describe("the hooks round a call of an upstream", () => {
  it("may change path, query and headers of the request", async () => {
    const { ask, sent } = hooked({
      upstreamRequest: (request, { params }) => {
        const headers = new Headers(request.headers);
        headers.set("x-was", `${request.method} ${request.path}${request.search}`);
        return { path: `/v2/${params.id}`, search: "?a=1", headers };
      },
    });
    await ask("/items/7?q=1");
    expect(sent[0]!.url).toBe("https://service.example/v2/7?a=1");
    expect(sent[0]!.headers.get("x-was")).toBe("GET /items/7?q=1");
  });

  it("change nothing but by what they give", async () => {
    const { ask, sent } = hooked({
      upstreamRequest: ({ headers }) => headers.set("x-was", "changed in place"),
    });
    await ask("/items/7");
    expect(sent[0]!.headers.has("x-was")).toBe(false);
  });

  it("may leave it as it is", async () => {
    const { ask, sent } = hooked({ upstreamRequest: async () => undefined });
    await ask("/items/7?q=1");
    expect(sent[0]!.url).toBe("https://service.example/items/7?q=1");
  });

  it("see the answer, and may replace it even with what cannot be changed", async () => {
    const given: Given = { origin: () => new Response("from the origin", { status: 201 }) };
    const seen = hooked(
      { upstreamResponse: (response) => void expect(response.status).toBe(201) as undefined },
      given,
    );
    expect(await (await seen.ask("/items/7")).text()).toBe("from the origin");
    expect((await hooked({ upstreamResponse: immutable }, given).ask("/items/7")).status).toBe(302);
  });

  it.each(["upstreamRequest", "upstreamResponse"])("fail the request when %s throws", async (name) => {
    const { ask, lines } = hooked({ [name]: boom });
    expect((await ask("/items/7")).status).toBe(500);
    expect(lines[0]).toMatchObject({ code: "internal-error" });
  });

  it("see nothing of the caller on a cached route, and run on misses only", async () => {
    const seen: unknown[] = [];
    const { ask } = gatewayOf({
      "GET /x": {
        access: "public",
        cache: { ttl: "1m" },
        hooks: {
          upstreamRequest: (_request, { headers, identity }) => {
            seen.push({ names: [...headers.keys()], identity });
            return undefined;
          },
        },
        forward: { upstream: service },
      },
    });
    const headers = { cookie: "a=1", authorization: "Bearer t", "x-tenant": "t", accept: "*/*" };
    await ask("/x", { headers });
    await ask("/x", { headers });
    expect(seen).toEqual([{ names: ["accept"], identity: undefined }]);
  });
});

describe("nonsense", () => {
  const given: Given = { origin: () => new Response("from the origin") };
  const upgraded = () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] });

  it.each<[string, string, () => unknown, string]>([
    ["request", "a string", () => "no", "[object String] is no Response"],
    ["request", "null", () => null, "[object Null] is no Response"],
    ["upstreamRequest", "a Response", () => new Response(), "[object Response] is no change"],
    ["upstreamRequest", "a path without its slash", () => ({ path: "@evil.example" }), "is no path"],
    ["upstreamRequest", "headers that are none", () => ({ headers: {} }), "[object Object] is no Headers"],
    ["upstreamRequest", "another method", () => ({ method: "DELETE" }), "the method cannot be changed"],
    ["upstreamResponse", "a number", async () => 5, "[object Number] is no Response"],
    ["upstreamResponse", "an upgrade", upgraded, "cannot have the status 101"],
    ["response", "a list", () => [], "[object Array] is no Response"],
    ["response", "a failed fetch", () => Response.error(), "cannot have the status 0"],
  ])("of the %s hook, %s, is its failure", async (name, _, run, cause) => {
    const denying = hooked({ [name]: run }, given);
    expect((await denying.ask("/items/7")).status).toBe(500);
    const [line] = denying.lines;
    expect(line).toMatchObject({ code: "internal-error", cause: expect.stringContaining(cause) });
    expect(line?.cause).toMatch(new RegExp(`^the ${name} hook failed: Error: `));
    const allowing = hooked({ [name]: { run, onFailure: "allow" } }, given);
    expect(await (await allowing.ask("/items/7")).text()).toBe("from the origin");
    expect(allowing.sent[0]?.url).toBe("https://service.example/items/7");
  });
});

describe.each(["upstreamResponse", "response"])("an answer that the %s hook has begun to read", (name) => {
  const given: Given = { origin: () => new Response("from the origin") };

  it.each<[string, (response: Response) => unknown]>([
    ["and then says nothing", async (response) => void (await response.text())],
    ["and holds", (response) => void response.body?.getReader()],
    ["and gives back", async (response) => response.text().then(() => response)],
    ["and throws", (response) => response.text().then(() => Promise.reject(new Error("boom")))],
    ["in part", async (response) => void (await response.body?.getReader().read())],
  ])("%s, is never sent, even where it may fail", async (_, run) => {
    for (const onFailure of ["deny", "allow"]) {
      const { ask, lines } = hooked({ [name]: { run, onFailure } }, given);
      const answer = await ask("/items/7");
      expect(answer.status).toBe(500);
      expect(await answer.text()).not.toContain("origin");
      expect(lines[0]).toMatchObject({ code: "internal-error", cause: expect.stringContaining(name) });
    }
  });

  it("as a copy, is sent whole", async () => {
    const run = async (response: Response) => {
      await response.clone().text();
    };
    expect(await (await hooked({ [name]: run }, given).ask("/items/7")).text()).toBe("from the origin");
  });

  it("only when it has been given up, is out of its reach", async () => {
    let steal: Promise<unknown> | undefined;
    const run = async (response: Response) => {
      steal = new Promise((resolve) => setTimeout(resolve)).then(() => response.text());
      throw new Error("boom");
    };
    const { ask } = hooked({ [name]: { run, onFailure: "allow" } }, given);
    const answer = await ask("/items/7");
    await steal?.catch(() => {});
    expect(await answer.text()).toBe("from the origin");
  });
});

describe("the response hook", () => {
  it("changes every answer of its caller, hits included", async () => {
    const { ask, sent } = gatewayOf(
      {
        "GET /x": {
          access: asAda,
          cache: { ttl: "1m", public: true },
          hooks: {
            response: (response, { identity, headers }) => {
              const answer = new Response(response.body, response);
              answer.headers.set("x-for", `${identity?.subject} ${headers.get("x-name")}`);
              return answer;
            },
          },
          forward: { upstream: service },
        },
      },
      { origin: () => new Response("shared") },
    );
    for (const name of ["one", "two"]) {
      const answer = await ask("/x", { headers: { "x-name": name } });
      expect(answer.headers.get("x-for")).toBe(`ada ${name}`);
      expect(await answer.text()).toBe("shared");
    }
    expect(sent).toHaveLength(1);
  });

  it("may leave the answer as it is, or give one that cannot be changed", async () => {
    const given: Given = { origin: () => new Response("as it was") };
    expect(await (await hooked({ response: () => undefined }, given).ask("/items/7")).text()).toBe(
      "as it was",
    );
    expect((await hooked({ response: immutable }, given).ask("/items/7")).status).toBe(302);
  });

  it("that throws fails the request", async () => {
    expect((await hooked({ response: boom }).ask("/items/7")).status).toBe(500);
  });

  it("does not see refusals", async () => {
    const { ask } = hooked(
      { response: boom },
      { origin: () => Promise.reject(new Error("connection refused")) },
    );
    expect((await ask("/items/7")).status).toBe(502);
  });
});

describe("the error hook", () => {
  const given: Given = { origin: () => Promise.reject(new Error("connection refused")) };

  it("may replace the problem, even with what cannot be changed", async () => {
    const { ask, lines } = hooked(
      { error: ({ code, status }, { path }) => Response.json({ code, path }, { status }) },
      given,
    );
    const answer = await ask("/items/7");
    expect(answer.status).toBe(502);
    expect(await answer.json()).toEqual({ code: "upstream-unreachable", path: "/items/7" });
    expect(lines[0]).toMatchObject({ code: "upstream-unreachable", fault: "upstream", status: 502 });
    expect((await hooked({ error: immutable }, given).ask("/items/7")).status).toBe(302);
  });

  it("may leave it", async () => {
    const answer = await hooked({ error: () => undefined }, given).ask("/items/7");
    expect(await answer.json()).toMatchObject({ code: "upstream-unreachable" });
  });

  it("that throws leaves the problem it was asked about, and a note", async () => {
    const { ask, lines } = hooked({ error: boom }, given);
    const answer = await ask("/items/7");
    expect(await answer.json()).toMatchObject({ code: "upstream-unreachable" });
    expect(lines[0]).toMatchObject({
      code: "upstream-unreachable",
      notes: [expect.stringMatching(/^the error hook failed: Error: boom: secret/)],
    });
  });

  it("is asked about other hooks' failures, but never told what they were", async () => {
    const told: unknown[] = [];
    const { ask } = hooked({
      request: boom,
      error: (refusal) => {
        told.push(refusal);
        return undefined;
      },
    });
    await ask("/items/7");
    expect(told).toEqual([{ code: "internal-error", status: 500 }]);
  });
});

describe("options", () => {
  it("are functions, or functions with bounds", () => {
    expect(options().parse({ request: boom, error: boom })).toEqual({
      request: { run: boom, timeout: 1_000, onFailure: "deny" },
      error: { run: boom, timeout: 1_000, onFailure: "allow" },
    });
    expect(options().parse({ response: { run: boom, timeout: "200ms", onFailure: "allow" } })).toEqual({
      response: { run: boom, timeout: 200, onFailure: "allow" },
    });
    expect(options().parse({ error: { run: boom, timeout: "2s" } })).toEqual({
      error: { run: boom, timeout: 2_000, onFailure: "allow" },
    });
  });

  it.each([
    { request: "f" },
    { onRequest: boom },
    { response: null },
    boom,
    { request: {} },
    { request: { run: "f" } },
    { request: { run: boom, timeout: 200 } },
    { request: { run: boom, timeout: "0ms" } },
    { request: { run: boom, onFailure: "open" } },
    { request: { run: boom, timeuot: "1s" } },
    { error: { run: boom, onFailure: "deny" } },
  ])("cannot be %o", (wrong) => {
    expect(options().safeParse(wrong).success).toBe(false);
  });
});
