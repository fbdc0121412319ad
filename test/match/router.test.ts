import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareSpecificity } from "../../src/match/compare-patterns.ts";
import { EXACT, LENIENT, type PathPolicy } from "../../src/match/path-policy.ts";
import { parseRouteKey, type RoutePattern } from "../../src/match/pattern.ts";
import { createRouter, type Match } from "../../src/match/router.ts";
import { buildTrie } from "../../src/match/trie.ts";

function pattern(key: string): RoutePattern {
  const parsed = parseRouteKey(key);
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed;
}

function router(...keys: string[]) {
  return routerOf(EXACT, ...keys);
}

/** A router over keys, each `METHOD /path` or `host METHOD /path`; it travels as JSON, as in the bundle. */
function routerOf(paths: PathPolicy, ...keys: string[]) {
  const entries = keys.map((text, index) => {
    const [host, ...key] = text.split(" ");
    return key.length === 2
      ? { pattern: pattern(key.join(" ")), host: host!, index }
      : { pattern: pattern(text), index };
  });
  return createRouter(JSON.parse(JSON.stringify(buildTrie(entries, paths))));
}

const found = (route: number, params: Record<string, string> = {}): Match => ({
  kind: "found",
  route,
  params,
});
const none: Match = { kind: "none" };

describe("a path", () => {
  const routes = router(
    "GET /",
    "GET /a",
    "GET /a/",
    "GET /users/:id",
    "GET /users/me",
    "GET /users/:id{\\d+}",
    "GET /users/:id/orders/:order",
    "GET /files/*",
    "GET /*",
  );

  it.each([
    ["/", found(0)],
    ["/a", found(1)],
    ["/a/", found(2)],
    ["/users/me", found(4)],
    ["/users/42", found(5, { id: "42" })],
    ["/users/bob", found(3, { id: "bob" })],
    ["/users/bob/orders/7", found(6, { id: "bob", order: "7" })],
    ["/files/", found(7, { "*": "" })],
    ["/files/a/b%20c/", found(7, { "*": "a/b%20c/" })],
    ["/files", found(8, { "*": "files" })],
    ["/users/", found(8, { "*": "users/" })],
    ["/users/bob/", found(8, { "*": "users/bob/" })],
    ["/A", found(8, { "*": "A" })],
  ])("%s is met by the most specific route", (path, match) => {
    expect(routes.match("h", "GET", path)).toEqual(match);
  });

  it("decodes parameters once", () => {
    expect(routes.match("h", "GET", "/users/caf%C3%A9%20%2520")).toEqual(found(3, { id: "café %20" }));
  });

  it("meets a static segment in any spelling, so that none slips past it", () => {
    const odd = router("GET /docs:export", "GET /a%2Cb", "GET /:x");
    expect(odd.match("h", "GET", "/docs%3Aexport")).toEqual(found(0));
    expect(odd.match("h", "GET", "/a,b")).toEqual(found(1));
    expect(odd.match("h", "GET", "/a%2Cb")).toEqual(found(1));
  });

  it("turns back where a more specific beginning leads nowhere", () => {
    const back = router("GET /a/b/c", "GET /a/:x/d", "GET /:y/b/e", "GET /:y/:z{\\d+}/f", "GET /a/*");
    expect(back.match("h", "GET", "/a/b/c")).toEqual(found(0));
    expect(back.match("h", "GET", "/a/b/d")).toEqual(found(1, { x: "b" }));
    expect(back.match("h", "GET", "/a/b/e")).toEqual(found(4, { "*": "b/e" }));
    expect(back.match("h", "GET", "/z/b/e")).toEqual(found(2, { y: "z" }));
    expect(back.match("h", "GET", "/z/9/f")).toEqual(found(3, { y: "z", z: "9" }));
    expect(back.match("h", "GET", "/z/x/f")).toEqual(none);
  });

  it("keeps the names of each route where two share a place", () => {
    const shared = router("GET /:user/posts", "GET /:org/teams/:team");
    expect(shared.match("h", "GET", "/x/posts")).toEqual(found(0, { user: "x" }));
    expect(shared.match("h", "GET", "/x/teams/y")).toEqual(found(1, { org: "x", team: "y" }));
  });

  it("is safe with the names of object properties", () => {
    const odd = router("GET /__proto__", "GET /a/constructor", "GET /b/:toString");
    expect(odd.match("h", "GET", "/__proto__")).toEqual(found(0));
    expect(odd.match("h", "GET", "/a/constructor")).toEqual(found(1));
    expect(odd.match("h", "GET", "/b/x")).toEqual(found(2, { toString: "x" }));
    for (const name of [
      "constructor",
      "toString",
      "hasOwnProperty",
      "a/__proto__",
      "__proto__/constructor",
    ]) {
      expect(odd.match("h", "GET", `/${name}`)).toEqual(none);
    }
    expect(odd.match("h", "constructor", "/__proto__")).toMatchObject({ kind: "method" });
  });

  it("does not depend on the order of declaration", () => {
    const keys = ["GET /:a{[a-z]+}", "GET /:b{\\w+}", "GET /:c", "GET /x", "GET /*"];
    const first = (order: string[], path: string) => {
      const match = router(...order).match("h", "GET", path);
      return match.kind === "found" ? order[match.route] : match.kind;
    };
    for (const path of ["/x", "/y", "/9", "/-", "/"])
      expect(first(keys.toReversed(), path)).toBe(first(keys, path));
  });
});

describe("a trailing slash that does not count", () => {
  const routes = routerOf(
    { trailingSlash: "ignore", case: "sensitive" },
    "GET /",
    "GET /a",
    "GET /b/",
    "GET /users/:id/",
    "GET /files/*",
    "GET /files",
    "GET /folders/*",
    "PUT /folders",
    "GET /deep/:x/*",
  );

  it.each([
    ["/", found(0)],
    ["/a", found(1)],
    ["/a/", found(1)],
    ["/b", found(2)],
    ["/b/", found(2)],
    ["/users/7", found(3, { id: "7" })],
    ["/users/7/", found(3, { id: "7" })],
    ["/users/", none],
    ["/files", found(5)],
    ["/files/", found(5)],
    ["/files/x/", found(4, { "*": "x/" })],
    ["/folders", found(6, { "*": "" })],
    ["/folders/", found(6, { "*": "" })],
    ["/folders/x", found(6, { "*": "x" })],
    ["/deep/y/", found(8, { x: "y", "*": "" })],
    ["/deep/", none],
    ["/A", none],
  ])("%s", (path, match) => {
    expect(routes.match("h", "GET", path)).toEqual(match);
  });

  it("tells of all methods of both spellings", () => {
    expect(routes.match("h", "POST", "/folders/")).toEqual({
      kind: "method",
      allow: ["GET", "HEAD", "OPTIONS", "PUT"],
    });
  });
});

describe("case that does not count", () => {
  const routes = routerOf(
    { trailingSlash: "strict", case: "insensitive" },
    "GET /Users/:id",
    "GET /users/Me",
    "GET /CAF%C3%89/*",
    "GET /m/:x{[a-z]+}",
    "GET /__PROTO__",
  );

  it.each([
    ["/users/Ada", found(0, { id: "Ada" })],
    ["/USERS/mE", found(1)],
    ["/caf%C3%A9/Tea", found(2, { "*": "Tea" })],
    ["/M/x", found(3, { x: "x" })],
    ["/M/X", none],
    ["/__proto__", found(4)],
    ["/users/me/", none],
  ])("%s", (path, match) => {
    expect(routes.match("h", "GET", path)).toEqual(match);
  });
});

it("reads every spelling alike where neither counts", () => {
  const keys = ["GET /Aa/:x/cC/", "GET /aA/*", "GET /:y/BB", "PUT /aa", "GET /"];
  const routes = routerOf(LENIENT, ...keys);
  const segment = fc.constantFrom("aa", "bb", "cc", "x");
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
  fc.assert(
    fc.property(path, fc.infiniteStream(fc.boolean()), fc.boolean(), (plain, upper, slash) => {
      const spelt = plain.replace(/[a-z]/g, (letter) =>
        upper.next().value === true ? letter.toUpperCase() : letter,
      );
      const [one, other] = [plain, slash && spelt !== "/" ? `${spelt}/` : spelt].map((each) =>
        routes.match("h", "GET", each),
      );
      expect([other?.kind, other?.kind === "found" && other.route]).toEqual([
        one?.kind,
        one?.kind === "found" && one.route,
      ]);
    }),
  );
});

describe("a method", () => {
  const routes = router(
    "GET /a",
    "POST /a",
    "ANY /b",
    "GET /b",
    "DELETE /c/:x",
    "GET /c/*",
    "HEAD /d",
    "GET /d",
  );

  it("ANY does not stand for TRACE or CONNECT, which no origin is sent", () => {
    const routes = router("ANY /*");
    for (const method of ["TRACE", "TRACK", "CONNECT"]) {
      expect(routes.match("", method, "/x")).toMatchObject({ kind: "method" });
    }
    expect(routes.match("", "PROPFIND", "/x")).toMatchObject({ kind: "found" });
  });

  it("is met before ANY, and HEAD falls back to GET", () => {
    expect(routes.match("h", "GET", "/b")).toEqual(found(3));
    expect(routes.match("h", "PUT", "/b")).toEqual(found(2));
    expect(routes.match("h", "HEAD", "/b")).toEqual(found(3));
    expect(routes.match("h", "HEAD", "/a")).toEqual(found(0));
    expect(routes.match("h", "HEAD", "/d")).toEqual(found(6));
  });

  it("that a path lacks is looked for at less specific paths", () => {
    expect(routes.match("h", "GET", "/c/1")).toEqual(found(5, { "*": "1" }));
    expect(routes.match("h", "DELETE", "/c/1")).toEqual(found(4, { x: "1" }));
  });

  it("that nothing has is answered with all that there are", () => {
    expect(routes.match("h", "PUT", "/a")).toEqual({
      kind: "method",
      allow: ["GET", "HEAD", "OPTIONS", "POST"],
    });
    expect(routes.match("h", "PUT", "/c/1")).toEqual({
      kind: "method",
      allow: ["DELETE", "GET", "HEAD", "OPTIONS"],
    });
    expect(routes.match("h", "OPTIONS", "/a")).toMatchObject({ kind: "method" });
    expect(routes.match("h", "HEAD", "/e")).toEqual(none);
  });

  it("is compared as it is written", () => {
    expect(routes.match("h", "get", "/a")).toMatchObject({ kind: "method" });
  });
});

describe("a host", () => {
  const routes = router(
    "api.example.com GET /a",
    "*.example.com GET /a",
    "*.eu.example.com GET /a",
    "GET /a",
    "GET /b",
    "*.example.com POST /b",
    "example.com GET /only",
  );

  it.each([
    ["api.example.com", "/a", found(0)],
    ["api.example.com:8443", "/a", found(0)],
    ["www.example.com", "/a", found(1)],
    ["x.y.example.com", "/a", found(1)],
    ["x.eu.example.com", "/a", found(2)],
    ["eu.example.com", "/a", found(1)],
    ["example.com", "/a", found(3)],
    ["notexample.com", "/a", found(3)],
    ["other.org", "/a", found(3)],
    ["[2001:db8::1]:80", "/a", found(3)],
    ["api.example.com", "/b", found(4)],
    ["other.org", "/only", none],
    ["example.com:80", "/only", found(6)],
  ])("%s%s", (host, path, match) => {
    expect(routes.match(host, "GET", path)).toEqual(match);
  });

  it("adds its methods to those of all hosts", () => {
    const allow = ["GET", "HEAD", "OPTIONS", "POST"];
    expect(routes.match("www.example.com", "PUT", "/b")).toEqual({ kind: "method", allow });
    expect(routes.match("other.org", "PUT", "/b")).toEqual({
      kind: "method",
      allow: ["GET", "HEAD", "OPTIONS"],
    });
  });
});

describe("predicates", () => {
  const routes = router("GET /:x", "GET /a", "GET /a", "ANY /a", "api.example.com GET /a");
  const only =
    (...accepted: number[]) =>
    (route: number) =>
      accepted.includes(route);

  it("are asked in order and passed over until one holds", () => {
    const asked: number[] = [];
    const refuseAll = (route: number) => {
      asked.push(route);
      return false;
    };
    expect(routes.match("api.example.com", "GET", "/a", refuseAll)).toEqual(none);
    expect(asked).toEqual([4, 1, 2, 3, 0]);
    expect(routes.match("h", "GET", "/a", only(0))).toEqual(found(0, { x: "a" }));
    expect(routes.match("h", "GET", "/a", only(2, 0))).toEqual(found(2));
    expect(routes.match("h", "GET", "/a", only(3))).toEqual(found(3));
  });

  it("that do not hold make a 404, not a 405", () => {
    const some = router("GET /a", "POST /a", "POST /:x");
    expect(some.match("h", "GET", "/a", only())).toEqual(none);
  });
});

it("tries the candidates of one key in the order of their indexes", () => {
  const variants = [2, 0, 1].map((index) => ({ pattern: pattern("GET /a"), index }));
  expect(createRouter(buildTrie(variants)).match("h", "GET", "/a")).toEqual(found(0));
});

it("agrees with trying every pattern in order of specificity", () => {
  const segment = fc.constantFrom("a", "b", "%20", ":p", ":p{[ab]}", "");
  const path = fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom("a", "b", ":p", "*", ""))
    .map(([start, end]) => {
      const parts = [...start.filter((part) => part !== ""), end];
      return `/${parts.map((part, index) => part.replace(":p", `:p${index}`)).join("/")}`;
    });
  const keys = fc.uniqueArray(
    fc.tuple(fc.constantFrom("GET", "POST", "ANY"), path).map(([method, text]) => `${method} ${text}`),
    { maxLength: 12 },
  );
  const asked = fc
    .array(fc.constantFrom("a", "b", "c", "%20"), { maxLength: 4 })
    .map((parts) => `/${parts.join("/")}`);

  fc.assert(
    fc.property(keys, asked, fc.constantFrom("GET", "POST"), (declared, target, method) => {
      const patterns = declared.map(pattern);
      const segments = target.slice(1).split("/").map(decodeURIComponent);
      const [best] = patterns
        .map((candidate, index) => ({ candidate, index }))
        .filter(
          ({ candidate }) =>
            (candidate.method === method || candidate.method === "ANY") && fits(candidate, segments),
        )
        .toSorted(
          (a, b) =>
            compareSpecificity(a.candidate, b.candidate) ||
            Number(a.candidate.method === "ANY") - Number(b.candidate.method === "ANY"),
        );
      const match = router(...declared).match("h", method, target);
      expect(match.kind === "found" ? match.route : undefined).toBe(best?.index);
    }),
    { numRuns: 2000 },
  );
});

/** The plain reading of a pattern, with nothing of the router's. */
function fits({ segments }: RoutePattern, texts: readonly string[]): boolean {
  const open = segments.at(-1)?.kind === "rest";
  if (open ? texts.length < segments.length : texts.length !== segments.length) return false;
  return segments.every((segment, index) => {
    const text = texts[index]!;
    if (segment.kind === "rest") return true;
    if (segment.kind === "static") return segment.text === text;
    return text !== "" && (segment.pattern === undefined || /^[ab]$/.test(text));
  });
}
