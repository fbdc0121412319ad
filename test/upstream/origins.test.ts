import { describe, expect, it } from "vitest";
import { RefusalError } from "../../src/errors/refusal.ts";
import type { AppBindings } from "../../src/upstream/declare.ts";
import { appOrigin, serviceOrigin, urlOrigin } from "../../src/upstream/origins.ts";

const bindings = { development: true } as AppBindings;
const noFetch = { fetch: () => Promise.reject(new Error("not to be fetched")) };

describe("an origin by its URL", () => {
  it.each([
    ["https://api.example", "https://api.example"],
    ["https://api.example/", "https://api.example"],
    ["https://api.example:8443/base//", "https://api.example:8443/base"],
    ["http://API.example/Base", "http://api.example/Base"],
  ])("%s has the base %s", (url, base) => {
    expect(urlOrigin(url, noFetch).base).toBe(base);
  });

  it.each(["", "api.example", "//api.example", "ftp://api.example", "javascript:1", "/api"])(
    "%j is a deployment's mistake, not the client's",
    (url) => {
      expect(() => urlOrigin(url, noFetch)).toThrow(RefusalError);
      expect(() => urlOrigin(url, noFetch)).toThrow("configuration-missing");
    },
  );

  it("is asked over the network", async () => {
    const asked: unknown[] = [];
    const { fetch } = urlOrigin("https://api.example", {
      fetch: async (...call) => {
        asked.push(call);
        return new Response("network");
      },
    });
    const init = { method: "GET" };
    expect(await (await fetch("https://api.example/x", init)).text()).toBe("network");
    expect(asked).toEqual([["https://api.example/x", init]]);
  });
});

describe("an origin behind a service binding", () => {
  it("is asked through it", async () => {
    const service = { fetch: async (url: string) => new Response(url) };
    const { base, fetch } = serviceOrigin({ service: "BILLING" }, { BILLING: service });
    expect(base).toBe("https://billing.service");
    expect(await (await fetch(`${base}/x`, {})).text()).toBe("https://billing.service/x");
  });

  it.each([{}, { BILLING: "text" }, { BILLING: null }, { BILLING: {} }])("%j has none", (env) => {
    expect(() => serviceOrigin({ service: "BILLING" }, env)).toThrow("configuration-missing");
  });
});

describe("an origin in this Worker", () => {
  it("is given the request and nothing but its bindings", async () => {
    const seen: unknown[] = [];
    const app = {
      fetch: async (request: Request, ...rest: unknown[]) => {
        seen.push(request.url, request.method, request.headers.get("x-a"), await request.text(), ...rest);
        return new Response("app");
      },
    };
    const { base, fetch } = appOrigin("shop", app, bindings);
    expect(base).toBe("https://shop.app");
    const response = await fetch(`${base}/x?a=1`, { method: "POST", body: "tea", headers: { "x-a": "1" } });
    expect(await response.text()).toBe("app");
    expect(seen).toEqual(["https://shop.app/x?a=1", "POST", "1", "tea", bindings]);
  });

  it("may answer at once, and may throw", async () => {
    expect(
      await (
        await appOrigin("a", { fetch: () => new Response("now") }, bindings).fetch("https://a.app/", {})
      ).text(),
    ).toBe("now");
    const broken = {
      fetch: () => {
        throw new Error("broken");
      },
    };
    await expect(appOrigin("a", broken, bindings).fetch("https://a.app/", {})).rejects.toThrow("broken");
  });

  it("is not waited for once the exchange is aborted", async () => {
    const controller = new AbortController();
    const silent = { fetch: () => new Promise<Response>(() => {}) };
    const answer = appOrigin("a", silent, bindings).fetch("https://a.app/", { signal: controller.signal });
    controller.abort(new Error("too late"));
    await expect(answer).rejects.toThrow("too late");
  });

  it("is called as the object it is", async () => {
    const app = {
      greeting: "hello",
      fetch() {
        return new Response(this.greeting);
      },
    };
    expect(await (await appOrigin("a", app, bindings).fetch("https://a.app/", {})).text()).toBe("hello");
  });
});
