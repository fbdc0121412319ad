import { describe, expect, it } from "vitest";
import { RefusalError } from "../../../src/errors/refusal.ts";
import { recorded } from "../../../src/upstream/recorded/recorded.ts";
import type { RecordedExchange, Recording } from "../../../src/upstream/recorded/recording.ts";

const ok = (text: string) => ({ status: 200, headers: { "content-type": "text/plain" }, text });
/** Of no body in these tests. */
const OTHER_BODY = `sha256-${"0".repeat(64)}`;

const get = (target: string, ...answers: string[]): RecordedExchange => ({
  method: "GET",
  target,
  answers: answers.map(ok),
});

function playing(exchanges: readonly RecordedExchange[], redacted: string[] = []) {
  const recording: Recording = { version: 1, origin: "https://api.example", redacted, exchanges };
  const app = recorded(recording);
  return async (target: string, init?: RequestInit, development = true) => {
    const bindings = { development, signingKey: {} as never };
    try {
      return await app.fetch(new Request(`https://catalog.app${target}`, init), bindings);
    } catch (error) {
      if (error instanceof RefusalError) return error.refusal;
      throw error;
    }
  };
}

async function text(answer: Awaited<ReturnType<ReturnType<typeof playing>>>): Promise<string> {
  return answer instanceof Response ? answer.text() : answer.code;
}

describe("a recorded origin", () => {
  it("answers as the origin did, byte for byte", async () => {
    const headers = { "content-type": "application/json", etag: '"1"' };
    const ask = playing([
      { method: "GET", target: "/json", answers: [{ status: 203, headers, json: { b: [1, null], a: "é" } }] },
      { method: "GET", target: "/text", answers: [{ status: 404, headers: {}, text: '{ "b": 1 }\n' }] },
      { method: "GET", target: "/bytes", answers: [{ status: 200, headers: {}, base64: "AP/+" }] },
      { method: "DELETE", target: "/gone", answers: [{ status: 204, headers: {} }] },
    ]);
    const json = (await ask("/json")) as Response;
    expect([json.status, Object.fromEntries(json.headers), await json.text()]).toEqual([
      203,
      headers,
      '{"b":[1,null],"a":"é"}',
    ]);
    const other = (await ask("/text")) as Response;
    expect([other.status, [...other.headers], await other.text()]).toEqual([404, [], '{ "b": 1 }\n']);
    expect([...new Uint8Array(await ((await ask("/bytes")) as Response).arrayBuffer())]).toEqual([
      0, 255, 254,
    ]);
    const gone = (await ask("/gone", { method: "DELETE" })) as Response;
    expect([gone.status, gone.body]).toEqual([204, null]);
  });

  it("tells requests apart by method, path and query", async () => {
    const ask = playing([
      get("/a", "a"),
      get("/a?x=1", "x"),
      get("/a?x=1&y=2", "xy"),
      { ...get("/a", "put"), method: "PUT" },
    ]);
    const targets = ["/a", "/a?x=1", "/a?x=1&y=2", "/a?y=2&x=1", "/a/", "/A"];
    const answers = await Promise.all(targets.map(async (target) => text(await ask(target))));
    expect(answers).toEqual(["a", "x", "xy", "not-recorded", "not-recorded", "not-recorded"]);
    expect(await text(await ask("/a", { method: "PUT" }))).toBe("put");
    expect(await text(await ask("/a", { method: "PATCH" }))).toBe("not-recorded");
  });

  it("takes a target in whatever spelling it was recorded", async () => {
    const ask = playing([get("/a|b?q='x'", "a")]);
    expect(await text(await ask("/a|b?q='x'"))).toBe("a");
  });

  it("tells requests apart by their bodies", async () => {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("tea")));
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const post = (body: string | undefined, answer: string) => ({
      ...get("/o", answer),
      method: "POST",
      ...(body && { body }),
    });
    const ask = playing([
      post(`sha256-${hex}`, "tea"),
      post(OTHER_BODY, "other"),
      post(undefined, "nothing"),
    ]);
    expect(await text(await ask("/o", { method: "POST", body: "tea" }))).toBe("tea");
    expect(await text(await ask("/o", { method: "POST" }))).toBe("nothing");
    expect(await text(await ask("/o", { method: "POST", body: "" }))).toBe("nothing");
    expect(await ask("/o", { method: "POST", body: "coffee" })).toMatchObject({
      details: { detail: "The recording of https://api.example has no POST /o with this body." },
    });
  });

  it("does not read a body without end", async () => {
    const ask = playing([]);
    const body = new ReadableStream({ pull: (sink) => sink.enqueue(new Uint8Array(1_000_000)) });
    expect(await text(await ask("/o", { method: "POST", body }))).toBe("body-too-large");
  });

  it("plays different answers in their order, and stays with the last", async () => {
    const ask = playing([get("/order", "placed", "paid", "sent"), get("/other", "x", "y")]);
    const heard = [];
    for (const target of ["/order", "/order", "/other", "/order", "/order"])
      heard.push(await text(await ask(target)));
    expect(heard).toEqual(["placed", "paid", "x", "sent", "sent"]);
  });

  it("answers HEAD from GET, or from its own", async () => {
    const head = { method: "HEAD", target: "/b", answers: [{ status: 418, headers: {} }] };
    const ask = playing([get("/a", "a"), get("/b", "b"), head]);
    const answer = (await ask("/a", { method: "HEAD" })) as Response;
    expect([answer.status, answer.headers.get("content-type"), answer.body]).toEqual([
      200,
      "text/plain",
      null,
    ]);
    expect(((await ask("/b", { method: "HEAD" })) as Response).status).toBe(418);
  });

  it("takes any value for a secret that was left out", async () => {
    const ask = playing([get("/a?token=REDACTED&x=1", "a")], ["token"]);
    expect(await text(await ask("/a?token=whatever%20it%20is&x=1"))).toBe("a");
    expect(await text(await ask("/a?TOKEN=1&x=1"))).toBe("not-recorded");
    expect(await text(await ask("/a?token=1&x=2"))).toBe("not-recorded");
  });

  describe("with answers for several kinds of clients", () => {
    const variant = (accept: string | null, answer: string) => ({ ...get("/a", answer), vary: { accept } });

    it("gives each their own", async () => {
      const ask = playing([get("/a", "any"), variant("text/html", "html"), variant(null, "none")]);
      expect(await text(await ask("/a", { headers: { accept: "text/html" } }))).toBe("html");
      expect(await text(await ask("/a"))).toBe("none");
      expect(await text(await ask("/a", { headers: { accept: "image/png" } }))).toBe("any");
    });

    it("does not guess", async () => {
      const ask = playing([variant("text/html", "html"), variant("application/json", "json")]);
      expect(await ask("/a", { headers: { accept: "image/png" } })).toMatchObject({
        details: { detail: "The recording of https://api.example has no GET /a with this accept." },
      });
    });

    it("gives the only one to everybody", async () => {
      const ask = playing([variant("text/html", "html")]);
      expect(await text(await ask("/a", { headers: { accept: "*/*" } }))).toBe("html");
    });
  });

  it("says in development what there is instead", async () => {
    const ask = playing([
      get("/users", "u"),
      get("/products?page=1", "1"),
      get("/products?page=2", "2"),
      get("/products", "all"),
      get("/product", "p"),
      get("/", "root"),
      get("/x", "x"),
    ]);
    const refusal = await ask("/products?page=3");
    expect(refusal).toMatchObject({
      code: "not-recorded",
      details: {
        detail: "The recording of https://api.example has no GET /products?page=3.",
        extensions: {
          nearest: [
            "GET /products?page=1",
            "GET /products?page=2",
            "GET /products",
            "GET /product",
            "GET /users",
          ],
        },
      },
    });
  });

  it("says outside development that it is not there, and nothing else", async () => {
    const refusal = await playing([get("/users", "u")])("/orders", {}, false);
    expect(refusal).toMatchObject({
      code: "not-recorded",
      details: { cause: expect.stringContaining("GET /orders") },
    });
    expect((refusal as { details: object }).details).not.toHaveProperty("detail");
    expect((refusal as { details: object }).details).not.toHaveProperty("extensions");
  });
});
