import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CorsOptions, options } from "../../../src/policies/finalise/cors.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { asAda, gatewayOf } from "../../support/in-process.ts";

const SHOP = "https://shop.example";
const service = upstream("service", { origin: "https://service.example" });

/** The CORS headers of an answer, `vary` included. */
function corsOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"),
  );
}

/** Asks a route with these rules from a page of that origin. */
async function asked(cors: CorsOptions, origin: string | undefined): Promise<Record<string, string>> {
  const { ask } = gatewayOf({ "GET /x": { access: "public", cors, respond: { text: "x" } } });
  return corsOf(await ask("/x", { headers: origin === undefined ? {} : { origin } }));
}

function preflight(method: string, origin = SHOP): RequestInit {
  return { method: "OPTIONS", headers: { origin, "access-control-request-method": method } };
}

describe("a CORS origin", () => {
  it("is let in where it is listed, and told apart for caches", async () => {
    expect(await asked({ origins: ["https://other.example", SHOP] }, SHOP)).toEqual({
      "access-control-allow-origin": SHOP,
      vary: "Origin",
    });
  });

  it.each([
    "https://evilshop.example",
    "https://shop.example.evil.example",
    "https://shop.example.",
    "https://shop.example:8443",
    "http://shop.example",
    "https://sub.shop.example",
    "https://shop.example/",
    "https://SHOP.example",
    "https://shop.example https://evil.example",
    "null",
    "",
    "*",
  ])("%j is not the one that is listed", async (origin) => {
    expect(await asked({ origins: [SHOP], credentials: true }, origin)).toEqual({ vary: "Origin" });
  });

  it("of no browser is nobody's business, but caches must know that it decides", async () => {
    expect(await asked({ origins: [SHOP] }, undefined)).toEqual({ vary: "Origin" });
  });

  it.each(["https://eu.shop.example", "https://a.b-c.shop.example"])(
    "%s is below a wildcard",
    async (origin) => {
      const cors = await asked({ origins: ["https://*.shop.example"] }, origin);
      expect(cors["access-control-allow-origin"]).toBe(origin);
    },
  );

  it.each([
    "https://shop.example",
    "https://evilshop.example",
    "https://.shop.example",
    "https://a..shop.example",
    "http://eu.shop.example",
    "https://eu.shop.example:8443",
    "https://eu.shop.example.evil.example",
    "https://evil.example#.shop.example",
    "https://evil.example/.shop.example",
    "https://evil.example\\.shop.example",
    "https://evil.example?.shop.example",
    "https://user@evil.example:.shop.example",
    "https://*.shop.example",
    "null",
  ])("%s is not", async (origin) => {
    expect(await asked({ origins: ["https://*.shop.example"] }, origin)).toEqual({ vary: "Origin" });
  });

  it("is let in only if a browser could have it and its host ends as the wildcard says", async () => {
    const { ask } = gatewayOf({
      "GET /x": { access: "public", cors: { origins: ["https://*.shop.example"] }, respond: { text: "x" } },
    });
    const part = fc.constantFrom(
      "https://",
      "evil",
      ".",
      "shop.example",
      "eu",
      "/",
      "@",
      ":",
      "#",
      "%2e",
      "\\",
      "-",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const origin = parts.join("");
        const allowed = (await ask("/x", { headers: { origin } })).headers.get("access-control-allow-origin");
        if (allowed === null) return;
        expect(allowed).toBe(origin);
        expect(new URL(origin).origin).toBe(origin);
        expect(new URL(origin).hostname).toMatch(/.\.shop\.example$/);
      }),
    );
  });

  it("may be any, and then no credentials are", async () => {
    expect(await asked({ origins: "*" }, "https://any.example")).toEqual({
      "access-control-allow-origin": "*",
    });
    const both = options().safeParse({ origins: "*", credentials: true });
    expect(both.error?.issues[0]?.message).toContain("would let every site act as the user");
  });

  it("may send credentials only where it is let in", async () => {
    const cors = { origins: [SHOP], credentials: true };
    expect(await asked(cors, SHOP)).toMatchObject({ "access-control-allow-credentials": "true" });
    expect(await asked(cors, "https://evil.example")).toEqual({ vary: "Origin" });
  });

  it("may read the headers that are exposed", async () => {
    const cors = { origins: [SHOP], exposeHeaders: ["RateLimit", "X-Request-Id"] };
    expect(await asked(cors, SHOP)).toMatchObject({
      "access-control-expose-headers": "RateLimit, X-Request-Id",
    });
  });
});

describe("CORS rules", () => {
  it.each([
    "shop.example",
    "https://shop.example/",
    "https://Shop.example",
    "https://shop.example/path",
    "ftp://shop.example",
    "https://*",
    "https://shop.*",
    "https://*shop.example",
    "null",
    "https://shop.example:443",
    "http://*.shop.example:80",
  ])("refuse %j, which no browser sends", (origin) => {
    expect(options().safeParse({ origins: [origin] }).success).toBe(false);
  });

  it("refuse an empty list, unknown keys and what is no header name", () => {
    for (const wrong of [
      { origins: [] },
      { origins: [SHOP], credential: true },
      { origins: [SHOP], allowHeaders: ["x y"] },
      { origins: [SHOP], exposeHeaders: ["x\r\ny"] },
      { origins: [SHOP], maxAge: "2d" },
    ]) {
      expect(options().safeParse(wrong).success).toBe(false);
    }
  });
});

describe("a preflight", () => {
  const cors = { origins: [SHOP], allowHeaders: ["authorization", "x-shop"], maxAge: "5m" };

  it("is told what is declared for the path, without its route being run", async () => {
    const { ask } = gatewayOf({
      "GET /x": { access: "public", respond: { text: "x" } },
      "PUT /x": { access: asAda, cors, handler: () => Promise.reject(new Error("ran")) },
    });
    const answer = await ask("/x", preflight("PUT"));
    expect(answer.status).toBe(204);
    expect(corsOf(answer)).toEqual({
      "access-control-allow-origin": SHOP,
      "access-control-allow-methods": "GET, HEAD, OPTIONS, PUT",
      "access-control-allow-headers": "authorization, x-shop",
      "access-control-max-age": "300",
      vary: "Origin",
    });
  });

  it("of an origin that is not let in is told nothing", async () => {
    const { ask } = gatewayOf({ "PUT /x": { access: "public", cors, respond: { text: "x" } } });
    expect(corsOf(await ask("/x", preflight("PUT", "https://evil.example")))).toEqual({ vary: "Origin" });
  });

  it("of a route for every method is not one of its requests: it has no credentials", async () => {
    const { ask, sent } = gatewayOf({ "ANY /x/*": { access: asAda, cors, forward: { upstream: service } } });
    const answer = await ask("/x/y", preflight("DELETE"));
    expect(answer.status).toBe(204);
    expect(corsOf(answer)["access-control-allow-methods"]).toContain("DELETE");
    expect(sent).toEqual([]);
    await ask("/x/y", { method: "OPTIONS", headers: { origin: SHOP } });
    expect(sent.map(({ method }) => method)).toEqual(["OPTIONS"]);
  });

  it("that a route answers itself allows what was asked about", async () => {
    const { ask } = gatewayOf({ "OPTIONS /x": { access: "public", cors, respond: {} } });
    expect(corsOf(await ask("/x", preflight("PATCH")))).toMatchObject({
      "access-control-allow-methods": "PATCH",
    });
  });

  it("asks by its headers: OPTIONS without them is a plain request", async () => {
    const { ask } = gatewayOf({ "GET /x": { access: "public", cors, respond: { text: "x" } } });
    const answer = await ask("/x", { method: "OPTIONS", headers: { origin: SHOP } });
    expect(corsOf(answer)).toEqual({});
    expect(answer.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });
});

describe("CORS headers", () => {
  it("of an upstream are replaced, its Vary kept", async () => {
    const headers = {
      "access-control-allow-origin": "*",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "x-secret",
      "access-control-anything-new": "1",
      vary: "Accept",
    };
    const { ask } = gatewayOf(
      { "GET /x": { access: "public", cors: { origins: [SHOP] }, forward: { upstream: service } } },
      { origin: () => new Response("x", { headers }) },
    );
    expect(corsOf(await ask("/x", { headers: { origin: SHOP } }))).toEqual({
      "access-control-allow-origin": SHOP,
      vary: "Accept, Origin",
    });
    expect(corsOf(await ask("/x"))).toEqual({ vary: "Accept, Origin" });
  });

  it.each(["Origin", "accept,  ORIGIN", "*"])("do not repeat a Vary of %j", async (vary) => {
    const { ask } = gatewayOf(
      { "GET /x": { access: "public", cors: { origins: [SHOP] }, forward: { upstream: service } } },
      { origin: () => new Response("x", { headers: { vary } }) },
    );
    expect((await ask("/x")).headers.get("vary")).toBe(vary);
  });

  it("are on refusals and on what no route answers too", async () => {
    const cors = { origins: [SHOP] };
    const { ask } = gatewayOf(
      { "GET /x": { access: "public", cors, handler: () => Promise.reject(new Error("broken")) } },
      { defaults: { cors } },
    );
    for (const [path, status] of [
      ["/x", 500],
      ["/y", 404],
      ["/%zz", 400],
    ] as const) {
      const answer = await ask(path, { headers: { origin: SHOP } });
      expect(answer.status).toBe(status);
      expect(answer.headers.get("access-control-allow-origin")).toBe(SHOP);
    }
  });
});
