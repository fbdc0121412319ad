import { describe, expect, it } from "vitest";
import { env, recorded, secret, service, upstream } from "../../../src/manifest/index.ts";
import { mistakes, mistakesIn } from "./judge.ts";

const api = upstream("api", { origin: "https://api.example" });

describe("an upstream", () => {
  const origins = (...list: readonly unknown[]) =>
    mistakes(
      { routes: [] },
      Object.fromEntries(
        list.map((origin, index) => [`u${index}`, upstream(`u${index}`, { origin: origin as string })]),
      ),
    ).map((line) => line.replace(/^upstream "u\d" → origin: /, ""));

  it("is an absolute URL, an environment variable, a service or an app", () => {
    const app = { fetch: () => new Response() };
    expect(
      origins(
        "https://a.example/base",
        "http://localhost:9000",
        env("API"),
        secret("SESSION_SECRET"),
        service("BILLING"),
        app,
      ),
    ).toEqual([]);
    expect(origins("a.example", "//a.example", "ftp://a.example", 5, null, {}, { fetch: 1 })).toEqual([
      '"a.example" is not an absolute http(s) URL [Write scheme and host: "https://api.example".]',
      '"//a.example" is not an absolute http(s) URL [Write scheme and host: "https://api.example".]',
      '"ftp://a.example" is not an absolute http(s) URL [Write scheme and host: "https://api.example".]',
      ...Array(4).fill("is a URL, env(…), service(…), or an app with fetch"),
    ]);
  });

  it("is a recording that can be played", () => {
    const answer = { status: 200, headers: {}, text: "x" };
    const recording = {
      version: 1,
      origin: "https://api.example",
      redacted: [],
      exchanges: [{ method: "GET", target: "/a", answers: [answer] }],
    };
    const broken = {
      ...recording,
      exchanges: [{ method: "GET", target: "a", answers: [{ ...answer, status: 99 }] }],
    };
    expect(origins(recorded(recording))).toEqual([]);
    const lines = origins(recorded(broken), recorded({} as typeof recording), recorded(undefined as never));
    expect(lines.map((line) => line.replace(/^upstream "u\d" → /, ""))).toEqual([
      expect.stringMatching(/^origin\.recording\.exchanges\.0\.target: /),
      expect.stringMatching(/^origin\.recording\.exchanges\.0\.answers\.0\.status: /),
      "origin.recording.version: is a recording of another version: record it again",
      ...["origin", "redacted", "exchanges"].map((key) =>
        expect.stringContaining(`origin.recording.${key}: `),
      ),
      "origin.recording: is missing: expected object",
    ]);
  });

  it("carries no credentials, query or fragment", () => {
    const line = "an origin has no credentials, query or fragment [Keep scheme, host, port and path.]";
    expect(
      origins("https://u@a.example", "https://:p@a.example", "https://a.example?q", "https://a.example#f"),
    ).toEqual(Array(4).fill(line));
  });

  it("names what wrangler.toml has", () => {
    expect(origins(service("BILING"), service("STOCK"), secret("SESION_SECRET"), secret("OTHER"))).toEqual([
      'wrangler.toml has no service binding "BILING" [Did you mean "BILLING"?]',
      'wrangler.toml has no service binding "STOCK" [Add [[services]] with binding = "STOCK".]',
      'the secret SESION_SECRET is not listed in wrangler.toml [Did you mean "SESSION_SECRET"?]',
      'the secret OTHER is not listed in wrangler.toml [Add it to [secrets]: required = ["OTHER"]]',
    ]);
  });

  it("has a name that is its own", () => {
    const other = upstream("api", { origin: "https://other.example" });
    const routes = {
      "GET /a": { access: "public", forward: { upstream: api } },
      "GET /b": { access: "public", forward: { upstream: other } },
    };
    const line =
      'upstream "api": two upstreams have this name [Import the object instead of declaring it again.]';
    expect(mistakesIn(routes)).toEqual([line]);
    expect(mistakesIn({ ...routes, "GET /c": routes["GET /a"], "GET /d": routes["GET /b"] })).toEqual([line]);
    expect(mistakes({ routes: [] }, { a: upstream("My API", { origin: "https://a.example" }) })).toEqual([
      'upstream "My API" → name: "My API" is no upstream name: lower-case letters, digits and dashes',
    ]);
  });

  it("is judged once, however many routes use it", () => {
    const broken = upstream("broken", { origin: secret("OTHER"), timeout: "1" });
    const to = { access: "public", forward: { upstream: broken } };
    expect(mistakesIn({ "GET /a": to, "GET /b": to })).toEqual([
      'upstream "broken" → timeout: "1" is not a duration: write a number and one of ms, s, m, h, d, such as "500ms" or "10s"',
    ]);
  });

  const of = (options: object, more: object = {}) => {
    const shop = upstream("shop", { origin: "https://shop.example", ...options });
    return mistakesIn({ "GET /a": { access: "public", forward: { upstream: shop }, ...more } });
  };

  it.each([
    [{}, /concurrency\.limit/],
    [{ limit: 0 }, /concurrency\.limit/],
    [{ limit: 1.5 }, /concurrency\.limit/],
    [{ limit: 10_000_000 }, /concurrency\.limit/],
    [{ limit: 1, by: ["address"] }, /concurrency.*by/],
    [{ limit: 1, plans: { gold: 2 } }, /concurrency.*plans/],
    [{ limit: 1, scope: "planet" }, /concurrency\.scope/],
    [{ limit: 1, queue: { size: 0, wait: "1s" } }, /concurrency\.queue\.size/],
    [{ limit: 1, queue: { size: 1, wait: "2m" } }, /at most 1m/],
    [{ limit: 1, until: "end" }, /concurrency\.until/],
    [{ limit: 1, onStoreFailure: "allow" }, /an isolate asks nobody/],
    ["50", /concurrency/],
    [null, /concurrency/],
  ])("takes no more at once than is said well: %j", (concurrency, reason) => {
    expect(of({ concurrency }).join("\n")).toMatch(reason);
  });

  it("takes so many at once", () => {
    const queue = { size: 5, wait: "1s" };
    expect(of({ concurrency: { limit: 5, scope: "global", queue, onStoreFailure: "allow" } })).toEqual([]);
    expect(of({ concurrency: { limit: 5, until: "headers", mode: "report" }, shed: {} })).toEqual([]);
  });

  it("counts a WebSocket until there is one, or does not have any", () => {
    const socket = { websocket: true };
    expect(of({ concurrency: { limit: 5 } }, socket)).toEqual([
      'GET /a → websocket: a WebSocket has no body until whose end the upstream "shop" could count it ' +
        '[Give the upstream concurrency: { until: "headers" }, or the route an upstream of its own.]',
    ]);
    expect(of({ concurrency: { limit: 5, until: "headers" } }, socket)).toEqual([]);
    expect(of({}, socket)).toEqual([]);
  });

  it("tells of what can be told", () => {
    const signals = { to: { upstream: api, path: "/hooks" }, above: { shedRate: 0.1 } };
    const line =
      'upstream "shop" → signals.above.shedRate: nothing is refused for the sake of this upstream [Give it shed: {}.]';
    expect(of({ signals })).toEqual([line]);
    expect(of({ signals, shed: { mode: "report" } })).toEqual([line]);
    expect(of({ signals, shed: {} })).toEqual([]);
    expect(of({ signals: { ...signals, above: {} } })).toEqual([
      'upstream "shop" → signals.above: says nothing of which there could be too much',
    ]);
  });
});
