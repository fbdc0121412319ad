import { describe, expect, it } from "vitest";
import { defineRoutes, jwt, type Route, upstream } from "../../src/manifest/index.ts";
import type { PathPolicy } from "../../src/match/path-policy.ts";
import { judgedGateway, rawRequest } from "../support/judged-gateway.ts";
import { tableOf } from "../support/markdown-tables.ts";

const forward = { upstream: upstream("origin", { origin: "https://origin.example" }) };

const issuer = { issuer: "https://login.example", audience: "https://api.example" };
const staff = jwt({ issuers: { ...issuer, keys: { url: "https://login.example/keys" } } });

/** A gateway of public routes to one origin. */
function gatewayOf(paths: Partial<PathPolicy>, keys: readonly string[], more: Partial<Route> = {}) {
  const route = { access: "public", forward, ...more };
  const group = defineRoutes({}, Object.fromEntries(keys.map((key) => [key, route])) as never);
  return judgedGateway({ paths, routes: [group] });
}

/** What the origin was asked for, or what the client was told in its place. */
async function outcome({ answer, sent }: ReturnType<typeof gatewayOf>, target: string): Promise<string> {
  sent.length = 0;
  const response = await answer(rawRequest(target));
  const [asked] = sent.map(({ url }) => url.slice("https://origin.example".length));
  if (asked !== undefined) return asked;
  const location = response.headers.get("location");
  return location === null ? String(response.status) : `${response.status} to \`${location}\``;
}

describe("docs/paths.md says of a trailing slash", () => {
  const keys = ["GET /shop", "GET /cart/", "GET /files/*", "GET /users/:id"];
  it.each(tableOf("paths.md", "Trailing slash and case", 0))(
    "on %s: strict %s, ignore %s, redirect %s",
    async (sent, ...expected) => {
      for (const [index, trailingSlash] of (["strict", "ignore", "redirect"] as const).entries()) {
        expect(await outcome(gatewayOf({ trailingSlash }, keys), sent!)).toBe(expected[index]);
      }
    },
  );
});

describe("docs/paths.md says of case", () => {
  const keys = ["GET /Shop", "GET /caf%C3%A9", "GET /files/*", "GET /users/:id", "GET /menu/:dish{[a-z]+}"];
  it.each(tableOf("paths.md", "Trailing slash and case", 1))(
    "in %s: sensitive %s, insensitive %s",
    async (sent, ...expected) => {
      for (const [index, letters] of (["sensitive", "insensitive"] as const).entries()) {
        expect(await outcome(gatewayOf({ case: letters }, keys), sent!)).toBe(expected[index]);
      }
    },
  );
});

describe("both policies together", () => {
  const paths = { trailingSlash: "redirect", case: "insensitive" } as const;

  it("give a path one spelling, and redirect only for the slash", async () => {
    const gateway = gatewayOf(paths, ["GET /Shop/:item/", "GET /"]);
    expect(await outcome(gateway, "/SHOP/Tea/")).toBe("/Shop/Tea/");
    expect(await outcome(gateway, "/SHOP/Tea?x=1")).toBe("308 to `/Shop/Tea/?x=1`");
    expect(await outcome(gateway, "/")).toBe("/");
  });

  it("say that path in the log and in the cache key", async () => {
    const cached = gatewayOf({ trailingSlash: "ignore", case: "insensitive" }, ["GET /Shop/:item"], {
      cache: { ttl: "1m" },
    });
    for (const [target, requests] of [
      ["/shop/a", 1],
      ["/SHOP/a/", 1],
      ["/shop/A", 2],
    ] as const) {
      await cached.answer(rawRequest(target));
      expect(cached.sent).toHaveLength(requests);
    }
    expect(cached.lines.map(({ path }) => path)).toEqual(["/Shop/a", "/Shop/a", "/Shop/A"]);
  });
});

describe("a redirect to the declared path", () => {
  it("never leads to another host, whatever the path and the query", async () => {
    const gateway = gatewayOf({ trailingSlash: "redirect" }, ["GET /:a/", "GET /*", "GET /x/:a"]);
    for (const target of [
      "/evil.example",
      "/@evil.example",
      "/:80",
      "/http:",
      "/x/evil.example/",
      "/%40evil.example",
      "/a?//evil.example",
      "/evil.example?@evil.example",
      "/\\evil.example",
      "//evil.example",
      "/%2fevil.example",
      "/%5cevil.example",
    ]) {
      const response = await gateway.answer(rawRequest(target));
      const location = response.headers.get("location");
      if (location === null) expect([target, response.status]).toEqual([target, 400]);
      else expect(new URL(location, "https://api.example").origin).toBe("https://api.example");
    }
  });

  it("is not the answer to a preflight, which no browser would follow", async () => {
    const { answer } = gatewayOf({ trailingSlash: "redirect" }, ["ANY /any", "GET /get"], {
      cors: { origins: ["https://shop.example"] },
    });
    for (const path of ["/any/", "/get/"]) {
      const headers = { origin: "https://shop.example", "access-control-request-method": "GET" };
      const preflight = Object.assign(rawRequest(path, headers), { method: "OPTIONS" });
      const response = await answer(preflight);
      expect(response.status).toBe(204);
      expect(response.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    }
  });

  it("comes before access and is finalised by the route", async () => {
    const group = defineRoutes(
      { cors: { origins: ["https://shop.example"] } },
      { "GET /closed": { access: staff, forward } },
    );
    const { answer } = judgedGateway({ paths: { trailingSlash: "redirect" }, routes: [group] });
    const response = await answer(rawRequest("/closed/", { origin: "https://shop.example" }));
    expect(response.status).toBe(308);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://shop.example");
    expect((await answer(rawRequest("/closed"))).status).toBe(401);
  });
});
