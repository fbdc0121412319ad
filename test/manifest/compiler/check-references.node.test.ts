import { describe, expect, it } from "vitest";
import { compose, jwt, upstream } from "../../../src/manifest/index.ts";
import { mistakes, mistakesIn } from "./judge.ts";

const api = upstream("api", { origin: "https://api.example" });
const token = jwt({
  issuers: { issuer: "https://login.example", audience: "a", keys: { url: "https://login.example/jwks" } },
});
/** A route with one parameter whose upstream path is a template. */
const path = (text: string, access: unknown = "public") => ({
  "GET /x/:id": { access, forward: { upstream: api, path: text } },
});

describe("a reference", () => {
  it.each<[string, string]>([
    ["{parms.id}", '{parms} is no reference [Did you mean "params"?]'],
    ["{nope.x}", "{nope} is no reference [References begin with params, query, headers, identity, request.]"],
    ["{params.ide}", '{params.ide}: the path has no such parameter [Did you mean "id"?]'],
    ["{params.constructor}", "{params.constructor}: the path has no such parameter [Known here: id.]"],
    ["{params.*}", '{params.*}: the path has no such parameter [Did you mean "id"?]'],
    ["{params}", "{params} needs a name, such as {params.name}"],
    ["{params.id.x}", "{params.id.x}: there is nothing below {params.id}"],
    ["{query}", "{query} needs a name, such as {query.name}"],
    ["{query.a.b}", "{query.a.b}: there is nothing below {query.a}"],
    ["{headers.a.b}", "{headers.a.b}: there is nothing below {headers.a}"],
    ["{request.pth}", '{request.pth} is unknown [Did you mean "path"?]'],
    ["{identity}", "{identity} needs a name, such as {identity.name}"],
    [
      "{identity.subject}",
      "{identity.subject}: nobody is identified on a public route [Give the route a credential as its access.]",
    ],
    ["{params.id", 'unbalanced "{" at character 2; write "{{" for a brace'],
    ["{params.}", 'empty name in "{params.}" at character 2'],
    ["{a b}", '"a b" in "{a b}" at character 2 is no name'],
  ])("cannot be %s", (text, expected) => {
    expect(mistakesIn(path(`/${text}`))).toEqual([`GET /x/:id → forward.path: ${expected}`]);
  });

  it.each<[string, string]>([
    ["{identity.subjct}", '{identity.subjct} is unknown [Did you mean "subject"?]'],
    ["{identity.subject.x}", "{identity.subject.x}: there is nothing below {identity.subject}"],
  ])("of somebody identified cannot be %s", (text, expected) => {
    expect(mistakesIn(path(`/${text}`, token))).toEqual([`GET /x/:id → forward.path: ${expected}`]);
  });

  it.each(["{params.id}", "{query.q}", "{headers.x-a}", "{request.id}", "{request.method}", "{{braces}}"])(
    "may be %s",
    (text) => {
      expect(mistakesIn(path(`/${text}`))).toEqual([]);
    },
  );

  it.each(["{identity.id}", "{identity.claims.org.name}", "{identity.scopes}", "{identity.expiresAt}"])(
    "of somebody identified may be %s",
    (text) => {
      expect(mistakesIn(path(`/${text}`, token))).toEqual([]);
    },
  );

  it("of somebody identified may stand where only a rule of the gateway identifies", () => {
    const routes = [{ kind: "routes", group: {}, routes: path("/{identity.id}") }];
    expect(mistakes({ require: [{ match: "/x/*", access: token }], routes })).toEqual([]);
  });

  it("is found wherever it stands", () => {
    const headers = {
      request: { set: { a: "{params.no}" } },
      response: { set: { b: "{query.q}{params.no}" } },
    };
    const rateLimit = [{ limit: 1, window: "1m", by: ["params.no", "identity.id"] }];
    const steps = {
      a: { upstream: api, path: "/{params.no}", query: { q: "{params.no}" }, body: [{ a: "{params.no}" }] },
    };
    const found = mistakesIn({
      "GET /a": { access: "public", headers, rateLimit, redirect: { to: "/to/{params.no}" } },
      "GET /b": { access: "public", cache: { tags: ["{params.no}"] }, compose: compose(steps) },
    });
    expect(found.map((line) => line.split(":")[0])).toEqual([
      "GET /a → redirect.to",
      "GET /a → rateLimit.by.0",
      "GET /a → rateLimit.by.1",
      "GET /a → headers.request.set.a",
      "GET /a → headers.response.set.b",
      "GET /b → compose.steps.a.path",
      "GET /b → compose.steps.a.query.q",
      "GET /b → compose.steps.a.body.0.a",
      "GET /b → cache.tags.0",
    ]);
  });
});

describe("a composition's references", () => {
  const composed = (steps: object) =>
    mistakesIn({ "GET /x/:id": { access: "public", compose: compose(steps as never) } });

  it("may be those of steps that are there", () => {
    expect(
      composed({ a: { upstream: api, path: "/a" }, b: { upstream: api, path: "/{a.x.y}/{params.id}" } }),
    ).toEqual([]);
    expect(
      composed({ users: { upstream: api, path: "/a" }, b: { upstream: api, path: "/{user.x}" } }),
    ).toEqual([
      'GET /x/:id → compose.steps.b.path: {user.x} is neither of the request nor of a step [Did you mean "users"?]',
    ]);
  });

  it("do not go in circles", () => {
    expect(composed({ a: { upstream: api, path: "/{b.x}" }, b: { upstream: api, path: "/{a.x}" } })).toEqual([
      "GET /x/:id → compose.steps.a: the steps wait for one another: a → b → a",
    ]);
    expect(composed({ a: { upstream: api, path: "/{a.x}" } })).toEqual([
      "GET /x/:id → compose.steps.a: the steps wait for one another: a → a",
    ]);
  });

  it("are not hidden by a step's name", () => {
    expect(composed({ query: { upstream: api, path: "/a" } })).toEqual([
      'GET /x/:id → compose.steps.query: the step\'s name hides the references {query.…} [Give it another name, such as "queryPart".]',
    ]);
  });
});

describe("right of the cut, a cached route's references", () => {
  const cached = (more: object, key: object = {}, access: unknown = token) =>
    mistakesIn({
      "GET /x/:id": { access, cache: { ttl: "1m", key, public: true }, forward: { upstream: api }, ...more },
    }).map((line) => line.replace(/ \[.*\]$/, ""));
  const shared = "would decide a response that is cached for others";

  it("name only what the cache key holds", () => {
    const more = { headers: { request: { set: { a: "{identity.id}{headers.x-a}{query.q}{request.id}" } } } };
    expect(cached(more)).toEqual([
      `GET /x/:id → headers.request.set.a: {identity.id} ${shared}`,
      `GET /x/:id → headers.request.set.a: {headers.x-a} ${shared}`,
      `GET /x/:id → headers.request.set.a: {request.id} ${shared}`,
    ]);
    expect(cached(more, { query: ["page"], headers: ["X-A"], identity: true })).toEqual([
      "GET /x/:id → headers.request.set.a: {query.q} is not in cache.key.query, so it would decide a response cached for others",
      `GET /x/:id → headers.request.set.a: {request.id} ${shared}`,
    ]);
  });

  it("are judged in the action, in what transforms, in tags and in steps", () => {
    const steps = { a: { upstream: api, path: "/{headers.x-a}" } };
    expect(cached({ forward: { upstream: api, path: "/{headers.x-a}" } })).toHaveLength(1);
    expect(cached({ headers: { response: { set: { a: "{headers.x-a}" } } } })).toHaveLength(1);
    expect(cached({ forward: undefined, compose: compose(steps) })).toEqual([
      `GET /x/:id → compose.steps.a.path: {headers.x-a} ${shared}`,
    ]);
    expect(
      mistakesIn({
        "GET /x": {
          access: "public",
          cache: { ttl: "1m", tags: ["{headers.x-a}"] },
          forward: { upstream: api },
        },
      }),
    ).toHaveLength(1);
  });

  it("may name path and method, which the key always holds, and anything left of the cut", () => {
    expect(
      cached({ forward: { upstream: api, path: "/{params.id}/{request.method}{request.path}" } }),
    ).toEqual([]);
    expect(cached({ rateLimit: { limit: 1, window: "1m", by: ["headers.x-a", "identity.id"] } })).toEqual([]);
  });
});

describe("a cached route that authenticates", () => {
  it("says whether its answers are for one caller or for all", () => {
    const cached = (cache: object) =>
      mistakesIn({ "GET /x": { access: token, cache: { ttl: "1m", ...cache }, forward: { upstream: api } } });
    expect(cached({})).toEqual([
      "GET /x → cache: the route authenticates, so its answers may be for one caller alone: say `key: { identity: true }` to keep them apart, or `public: true` if they are the same for everybody it lets in",
    ]);
    expect(cached({ public: true })).toEqual([]);
    expect(cached({ key: { identity: true } })).toEqual([]);
  });

  it("may do so by a rule of the gateway alone", () => {
    const routes = { "GET /x": { access: "public", cache: { ttl: "1m" }, forward: { upstream: api } } };
    const options = {
      require: [{ match: "/*", access: token }],
      routes: [{ kind: "routes", group: {}, routes }],
    };
    expect(mistakes(options)).toHaveLength(1);
  });
});
