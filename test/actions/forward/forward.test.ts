import { afterEach, describe, expect, it, vi } from "vitest";
import { type ForwardOptions, options } from "../../../src/actions/forward/forward.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { asAda, type Given, gatewayOf } from "../../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example/base/" });

/** What the origin is asked for when a client asks for `target`. */
async function askedFor(
  target: string,
  forward: Omit<ForwardOptions, "upstream">,
  key = "GET /v1/items/:id",
) {
  const { ask, sent } = gatewayOf({ [key]: { access: asAda, forward: { upstream: service, ...forward } } });
  const answer = await ask(target);
  return answer.status === 200 ? sent[0]!.url.replace("https://service.example/base", "") : answer.status;
}

afterEach(() => void vi.useRealTimers());

describe("where a request is forwarded to", () => {
  it("is the same path below the origin's own, query and all", async () => {
    expect(await askedFor("/v1/items/7?a=1&b=%20", {})).toBe("/v1/items/7?a=1&b=%20");
    expect(await askedFor("/v1/items/%7e%c3%bc", {})).toBe("/v1/items/~%C3%BC");
  });

  it.each<[string, string, string | number]>([
    ["/things/{params.id}", "/v1/items/a%20b", "/things/a%20b"],
    ["/{identity.subject}/things", "/v1/items/7", "/ada/things"],
    ["/things/{params.id}?by={identity.subject}&q={query.q}", "/v1/items/7", "/things/7?by=ada&q="],
    ["/things?id={params.id}", "/v1/items/a&b?c=1", "/things?id=a%26b&c=1"],
    ["/things?id={params.id}", "/v1/items/7", "/things?id=7"],
    ["/things", "/v1/items/7?c=1", "/things?c=1"],
    ["/things/{query.id}", "/v1/items/7?id=a%2Fb", "/things/a%2Fb?id=a%2Fb"],
    ["/things/{query.id}", "/v1/items/7", 400],
    ["/things/{query.id}", "/v1/items/7?id=..", 400],
    ["/things/{query.id}", "/v1/items/7?id=%252e%252e", 400],
    ["/{{literal}}", "/v1/items/7", "/{literal}"],
  ])("may be written as %j: %s becomes %s", async (path, target, expected) => {
    const url = await askedFor(target, { path });
    expect(typeof url === "string" ? decodeBraces(url) : url).toBe(expected);
  });

  it.each([
    ["/v1/items/7", "/items/7"],
    ["/v1", "/"],
    ["/v1/", "/"],
    ["/v1?a=1", "/?a=1"],
    ["/v1x/items", "/v1x/items"],
    ["/x/v1/items", "/x/v1/items"],
  ])("loses its prefix at the border of a segment only: %s becomes %s", async (target, expected) => {
    expect(await askedFor(target, { stripPrefix: "/v1" }, "GET /*")).toBe(expected);
  });

  it("has no second value, of the client's choosing, for a parameter that the route sets", async () => {
    expect(await askedFor("/v1/items/7?by=eve&c=1", { path: "/things?by={identity.subject}" })).toBe(
      "/things?by=ada&c=1",
    );
  });

  it("cannot lose a prefix that no path begins with", () => {
    expect(options().safeParse({ upstream: service, stripPrefix: "/b%c3%bcro" }).success).toBe(false);
  });

  it("cannot be written in two ways, or without a slash", () => {
    for (const wrong of [
      { path: "/a", stripPrefix: "/v1" },
      { path: "things" },
      { path: "https://evil.example/" },
      { path: "/{params.id" },
      { stripPrefix: "v1" },
      { stripPrefix: "/v1/" },
      { stripPrefix: "/" },
      { timeout: "2" },
      { retries: 3 },
    ]) {
      expect(options().safeParse({ upstream: service, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
    }
    expect(options().safeParse({ upstream: "service" }).success).toBe(false);
    expect(options().safeParse({}).success).toBe(false);
  });
});

describe("what is forwarded", () => {
  it("is method and body, and the headers that may travel on", async () => {
    let text = "";
    const { ask, sent } = gatewayOf(
      { "POST /x": { access: asAda, forward: { upstream: service } } },
      {
        origin: async ({ body }) => {
          text = await new Response(body).text();
          return new Response(null, { status: 201 });
        },
      },
    );
    const headers = {
      authorization: "Bearer secret",
      connection: "x-hop",
      "x-hop": "1",
      "x-identity-subject": "eve",
      "content-type": "text/plain",
    };
    const answer = await ask("/x", { method: "POST", body: "streamed", headers });
    expect(answer.status).toBe(201);
    expect(text).toBe("streamed");
    const got = Object.fromEntries(sent[0]!.headers);
    expect(got).toMatchObject({ "content-type": "text/plain", "x-identity-subject": "ada" });
    for (const name of ["authorization", "connection", "x-hop"]) expect(got).not.toHaveProperty(name);
  });

  it("has no body for GET and HEAD", async () => {
    const { ask, sent } = gatewayOf({ "GET /x": { access: "public", forward: { upstream: service } } });
    await ask("/x");
    await ask("/x", { method: "HEAD" });
    expect(sent.map(({ method, body }) => [method, body])).toEqual([
      ["GET", null],
      ["HEAD", null],
    ]);
  });

  it("comes back as it is: status, headers, body, but for what belongs to the connection", async () => {
    const headers = new Headers([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["etag", '"1"'],
      ["connection", "x-hop"],
      ["x-hop", "1"],
    ]);
    const { ask } = gatewayOf(
      { "GET /x": { access: "public", forward: { upstream: service } } },
      { origin: () => new Response("teapot", { status: 418, headers }) },
    );
    const answer = await ask("/x");
    expect(answer.status).toBe(418);
    expect(await answer.text()).toBe("teapot");
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.headers.has("connection")).toBe(false);
    expect(answer.headers.has("x-hop")).toBe(false);
  });

  it("is not led astray: redirects go to the client", async () => {
    const { ask } = gatewayOf(
      { "GET /x": { access: "public", forward: { upstream: service } } },
      {
        origin: () =>
          new Response(null, { status: 302, headers: { location: "https://elsewhere.example/" } }),
      },
    );
    const answer = await ask("/x");
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "https://elsewhere.example/"]);
  });
});

describe("a forwarded request's time", () => {
  it.each<[string | undefined, string | undefined, number]>([
    ["2s", undefined, 2_000],
    ["2s", "500ms", 500],
    ["500ms", "2s", 500],
    [undefined, "2s", 2_000],
    [undefined, undefined, 10_000],
  ])("is the route's %s, the upstream's %s or the deadline, whichever is least", async (route, own, ms) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const slow = upstream("slow", {
      origin: "https://slow.example",
      ...(own !== undefined && { timeout: own }),
    });
    const forward = { upstream: slow, ...(route !== undefined && { timeout: route }) };
    let settled = false;
    const { ask, sent } = gatewayOf({ "GET /x": { access: "public", forward } }, { origin: silence });
    const answer = ask("/x").finally(() => {
      settled = true;
    });
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await (await answer).json()).toMatchObject({ status: 504, code: "upstream-timeout" });
    expect(sent[0]!.signal?.aborted).toBe(true);
  });

  it("ends with the headers: a body may take as long as it likes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let push: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        push = controller;
      },
    });
    const { ask, sent } = gatewayOf(
      { "GET /x": { access: "public", forward: { upstream: service, timeout: "1s" } } },
      { origin: () => new Response(body) },
    );
    const text = (await ask("/x")).text();
    await vi.advanceTimersByTimeAsync(60_000);
    push?.enqueue(new TextEncoder().encode("late"));
    push?.close();
    expect(await text).toBe("late");
    expect(sent[0]!.signal?.aborted).toBe(false);
  });
});

describe("a WebSocket", () => {
  const route = { access: "public", websocket: true, forward: { upstream: service } } as const;
  const accept: Given["origin"] = () => {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener("message", ({ data }) => server.send(`echo ${data}`));
    return new Response(null, { status: 101, webSocket: client });
  };

  it("is passed through, both ways", async () => {
    const { ask, sent } = gatewayOf({ "GET /x": route }, { origin: accept });
    const answer = await ask("/x", { headers: { upgrade: "websocket", connection: "Upgrade" } });
    expect(answer.status).toBe(101);
    expect(sent[0]!.headers.get("upgrade")).toBe("websocket");
    const socket = answer.webSocket!;
    socket.accept();
    const echoed = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
    socket.send("tea");
    expect(await echoed).toBe("echo tea");
    socket.close();
  });

  it("is all that its route speaks", async () => {
    const { ask, sent } = gatewayOf({ "GET /x": route }, { origin: accept });
    const answer = await ask("/x");
    expect(answer.status).toBe(426);
    expect(answer.headers.get("upgrade")).toBe("websocket");
    expect(sent).toEqual([]);
  });

  it("is asked for in vain on any other route", async () => {
    const { ask, sent } = gatewayOf({ "GET /x": { access: "public", forward: { upstream: service } } });
    await ask("/x", { headers: { upgrade: "websocket", connection: "Upgrade" } });
    expect(sent[0]!.headers.has("upgrade")).toBe(false);
  });
});

/** An origin that never answers, and notices when nobody waits any more. */
function silence({ signal }: { readonly signal: AbortSignal | null | undefined }): Promise<Response> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

function decodeBraces(url: string): string {
  return url.replaceAll("%7B", "{").replaceAll("%7D", "}");
}
