import { describe, expect, it, vi } from "vitest";
import type { KeyedContext } from "../../../src/context.ts";
import { keySetFetcher } from "../../../src/identity/keys/fetch-key-set.ts";
import { context } from "../support.ts";

const URL = "https://issuer.example/keys";
const signal = new AbortController().signal;

describe("a key set behind a URL", () => {
  it("is fetched without following redirects, and can be told to stop", async () => {
    const fetch = vi.fn(async (_: RequestInfo | globalThis.URL, __?: RequestInit) => Response.json({}));
    const get = keySetFetcher({ fetch, systemContext: vi.fn() });
    await get({ url: URL }, context(), signal);
    const [url, init] = fetch.mock.calls[0]!;
    expect(url).toBe(URL);
    expect(init).toMatchObject({ redirect: "manual", signal });
    expect(new Headers(init?.headers).get("accept")).toContain("application/json");
  });

  it("takes one of the request's connection slots until its headers are in, or it has failed", async () => {
    const ctx = context();
    let answer = Promise.withResolvers<Response>();
    const get = keySetFetcher({ fetch: () => answer.promise, systemContext: vi.fn() });
    for (const end of [() => answer.resolve(Response.json({})), () => answer.reject(new Error("refused"))]) {
      const taken = Array.from({ length: 5 }, () => ctx.budget.acquire());
      expect(taken).toEqual(Array(5).fill(undefined));
      const response = get({ url: URL }, ctx, signal);
      const next = ctx.budget.acquire();
      expect(next).toBeInstanceOf(Promise);
      end();
      await response.catch(() => undefined);
      await next;
      for (let slot = 0; slot < 6; slot++) ctx.budget.release();
      answer = Promise.withResolvers();
    }
    expect(ctx.budget.subrequests).toBe(14);
  });
});

describe("a key set behind an upstream", () => {
  it("is a GET of its path with nothing of the caller", async () => {
    const ctx = context({ headers: { authorization: "Bearer secret", cookie: "a=b" } });
    const keyed = {} as KeyedContext;
    const systemContext = vi.fn(() => keyed);
    const send = vi.fn(async () => Response.json({}));
    const get = keySetFetcher({ fetch: vi.fn(), systemContext });
    await get({ upstream: { name: "identity", send }, path: "/keys" }, ctx, signal);
    expect(systemContext).toHaveBeenCalledWith(ctx);
    expect(send).toHaveBeenCalledWith(
      {
        method: "GET",
        path: "/keys",
        search: "",
        headers: expect.any(Headers),
        body: null,
        controller: expect.any(AbortController),
      },
      keyed,
    );
    const [[{ headers }]] = send.mock.calls as unknown as [[{ headers: Headers }]];
    expect([...headers.keys()]).toEqual(["accept"]);
  });
});
