import { describe, expect, it } from "vitest";
import { worstLatency } from "../../../scripts/explain/latency.ts";
import {
  anyOf,
  compose,
  defineGateway,
  defineRoutes,
  jwt,
  type Route,
  upstream,
} from "../../../src/manifest/index.ts";
import { build, manifestOf } from "../../manifest/compiler/judge.ts";

const slow = upstream("slow", { origin: "https://slow.example" });
const quick = upstream("quick", { origin: "https://quick.example", timeout: "2s" });
const issuers = (keys: object) => ({ issuer: "https://i.example", audience: "a", keys: keys as never });
const remote = jwt({ issuers: issuers({ url: "https://i.example/keys" }) });

/** What a route waits for at worst, and together. */
function latency(
  route: Omit<Route, "access"> & { access?: Route["access"] },
  stores?: { counters: "memory" },
) {
  const group = defineRoutes({ access: "public" }, { "GET /a": { deadline: "10s", ...route } as Route });
  const { checked } = build(manifestOf(defineGateway({ routes: [group], ...(stores && { stores }) })));
  const { waits, total } = worstLatency(checked.routes[0]!, checked);
  return [total, waits.map(({ what, ms }) => [what, ms])];
}

describe("what a route waits for at worst", () => {
  it("is nothing where it answers by itself", () => {
    expect(latency({ respond: { status: 204 } })).toEqual([0, []]);
  });

  it("is its upstream, until its timeout or the deadline", () => {
    expect(latency({ forward: { upstream: slow } })).toEqual([10_000, [["forward to slow", 10_000]]]);
    expect(latency({ forward: { upstream: quick } })).toEqual([2_000, [["forward to quick", 2_000]]]);
    expect(latency({ forward: { upstream: quick, timeout: "1s" } })).toEqual([
      1_000,
      [["forward to quick", 1_000]],
    ]);
    expect(latency({ forward: { upstream: quick }, deadline: "500ms" })).toEqual([
      500,
      [["forward to quick", 500]],
    ]);
  });

  it("is a turn at its upstream before that, which a step's own timeout covers", () => {
    const queue = { size: 5, wait: "700ms" } as const;
    const of = (scope: "isolate" | "global") =>
      upstream("few", {
        origin: "https://few.example",
        timeout: "2s",
        concurrency: { limit: 5, scope, queue },
      });
    expect(latency({ forward: { upstream: of("isolate") } })).toEqual([
      2_700,
      [
        ["a turn at few", 700],
        ["forward to few", 2_000],
      ],
    ]);
    const steps = (timeout: string) =>
      compose({ a: { upstream: of("global"), path: "/a", timeout }, b: { upstream: quick, path: "/b" } });
    expect(latency({ compose: steps("5s") })).toEqual([3_700, [["compose a", 3_700]]]);
    expect(latency({ compose: steps("3s") })).toEqual([3_000, [["compose a", 3_000]]]);
  });

  it("is keys and counters before, of which only the latter go on past the deadline", () => {
    const limits = [
      { limit: 1, window: "1s", by: ["address"] },
      { limit: 2, window: "1s" },
      { limit: 3, window: "1s" },
    ] as const;
    expect(latency({ access: remote, rateLimit: limits, forward: { upstream: quick } })).toEqual([
      7_600,
      [
        ["rateLimit 1-per-1s", 1_000],
        ["the issuer's keys", 3_600],
        ["rateLimit 2-per-1s and 3-per-1s", 1_000],
        ["forward to quick", 2_000],
      ],
    ]);
    expect(
      latency({ access: remote, rateLimit: limits, forward: { upstream: quick }, deadline: "2s" }),
    ).toEqual([
      3_000,
      [
        ["rateLimit 1-per-1s", 1_000],
        ["the issuer's keys", 1_000],
        ["rateLimit 2-per-1s and 3-per-1s", 1_000],
      ],
    ]);
    expect(latency({ rateLimit: limits[0], respond: {} }, { counters: "memory" })).toEqual([0, []]);
  });

  it("is the keys of any credential that has to fetch them", () => {
    const inline = jwt({ issuers: issuers({ keys: [{ kty: "OKP", crv: "Ed25519", x: "a".repeat(43) }] }) });
    expect(latency({ access: inline, respond: {} })).toEqual([0, []]);
    expect(latency({ access: anyOf(inline, remote), respond: {} })).toEqual([
      3_600,
      [["the issuer's keys", 3_600]],
    ]);
  });

  it("is the longest chain of steps", () => {
    const step = (path: string, timeout: string) => ({ upstream: slow, path, timeout });
    const steps = {
      a: step("/a", "1s"),
      b: step("/b/{a.id}", "2s"),
      c: step("/c/{a.id}", "3s"),
      d: step("/d", "3500ms"),
    };
    expect(latency({ compose: compose(steps) })).toEqual([4_000, [["compose a, then c", 4_000]]]);
    const open = { ...steps, e: { upstream: slow, path: "/e/{c.id}" } };
    expect(latency({ compose: compose(open) })).toEqual([10_000, [["compose a, then c, then e", 10_000]]]);
    expect(latency({ compose: compose({ a: { upstream: quick, path: "/a", timeout: "5s" } }) })).toEqual([
      2_000,
      [["compose a", 2_000]],
    ]);
  });

  it("names the cache, which nobody bounds", () => {
    expect(latency({ cache: { ttl: "1m" }, forward: { upstream: quick } })).toEqual([
      2_000,
      [
        ["the cache", 0],
        ["forward to quick", 2_000],
      ],
    ]);
  });
});
