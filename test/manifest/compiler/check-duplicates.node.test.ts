import { describe, expect, it } from "vitest";
import { mistakes, mistakesIn } from "./judge.ts";

const answer = { access: "public", respond: { text: "x" } };

describe("routes that no request can meet, or that nothing puts in order, are found:", () => {
  const group = (routes: object, settings = {}) => ({ kind: "routes", group: settings, routes });
  const advice = "[Remove one, or tell them apart with `when` in one list.]";

  it("one shape, other names of parameters", () => {
    expect(mistakesIn({ "GET /a/:id": answer, "GET /a/:other": answer, "POST /a/:id": answer })).toEqual([
      `GET /a/:other: can never be met: it meets the same requests as GET /a/:id, and the first has no \`when\` ${advice}`,
    ]);
    expect(mistakesIn({ "GET /a/:id": answer, "GET /a/:id{\\d+}": answer })).toEqual([]);
    expect(mistakesIn({ "GET /a/*": answer, "GET /a/%2A": answer })).toEqual([]);
  });

  it("one path in two groups", () => {
    const routes = [group({ "GET /a/:id": answer }), group({ "GET /:x": answer }, { prefix: "/a" })];
    expect(mistakes({ routes })).toEqual([
      `GET /:x: can never be met: it meets the same requests as GET /a/:id, and the first has no \`when\` ${advice}`,
    ]);
  });

  it("a variant after one that takes all, or all of its own", () => {
    const order = "[Variants are tried in their order: put this one first, or remove it.]";
    const q = (value: string | true, more = {}) => ({ ...answer, when: { query: { q: value }, ...more } });
    expect(mistakesIn({ "GET /a": [q(true), answer, q("1")] })).toEqual([
      `GET /a → 2: can never be met: a variant before it has a \`when\` that always holds with its own ${order}`,
    ]);
    expect(mistakesIn({ "GET /a": [answer, q("1")] })).toEqual([
      `GET /a → 1: can never be met: a variant before it has no \`when\` ${order}`,
    ]);
    expect(mistakesIn({ "GET /a": [q(true), q("1", { cookie: { c: "x" } })] })).toHaveLength(1);
    expect(
      mistakesIn({ "GET /a": [q("1"), q("2"), q("1", { content: "text/plain" }), q(true), answer] }),
    ).toHaveLength(1);
    expect(mistakesIn({ "GET /a": [q("1", { cookie: { c: "x" } }), q("1"), q(true)] })).toEqual([]);
    expect(
      mistakesIn({ "GET /a": [q(true, { content: "text/plain" }), q(true, { content: "image/*" })] }),
    ).toEqual([]);
  });

  it("a variant whose body another one takes already", () => {
    const body = (fields: object) => ({ ...answer, when: { body: fields } });
    const wrong = (...variants: object[]) => mistakesIn({ "POST /a": variants }).length;
    expect(wrong(body({ "/a": { present: true } }), body({ "/a": 1 }))).toBe(1);
    expect(wrong(body({ "/a": 1 }), body({ "/a": 1, "/b": 2 }))).toBe(1);
    expect(wrong(body({ "/a": 1 }), body({ "/a": { present: true } }))).toBe(0);
    expect(wrong(body({ "/a": 1 }), body({ "/a": "1" }), body({ "/b": 1 }), answer)).toBe(0);
    expect(wrong(answer, body({ "/a": 1 }))).toBe(1);
    expect(wrong(body({ "/a~1": 1 }), body({ "/a~0": 1 }))).toBe(0);
  });

  it("one path in two spellings, where the gateway makes one of them", () => {
    const wrong = (paths: object, ...keys: string[]) =>
      mistakes({ paths, routes: [group(Object.fromEntries(keys.map((key) => [key, answer])))] });
    const slashes = ["GET /a", "GET /a/", "GET /b/:x", "GET /b/:y/", "GET /c/*", "GET /c"];
    const cases = ["GET /a", "GET /A", "GET /:x{a}", "GET /:x{A}"];
    expect(wrong({}, ...slashes, ...cases.slice(1))).toEqual([]);
    for (const trailingSlash of ["ignore", "redirect"]) {
      expect(wrong({ trailingSlash }, ...slashes)).toEqual([
        `GET /a/: can never be met: it meets the same requests as GET /a, and the first has no \`when\` ${advice}`,
        `GET /b/:y/: can never be met: it meets the same requests as GET /b/:x, and the first has no \`when\` ${advice}`,
      ]);
    }
    expect(wrong({ case: "insensitive" }, ...cases)).toHaveLength(1);
    expect(wrong({ case: "insensitive", trailingSlash: "ignore" }, "GET /a", "GET /A/")).toHaveLength(1);
  });

  it("hosts in two spellings", () => {
    const hosted = (...hosts: string[]) =>
      mistakesIn({ "GET /a": hosts.map((host) => ({ ...answer, when: { host } })) });
    expect(hosted("bücher.example", "xn--bcher-kva.example")).toHaveLength(1);
    expect(hosted("A.example", "a.example")).toHaveLength(1);
    expect(hosted("a.example", "*.example")).toHaveLength(0);
  });

  it("variants in two places", () => {
    const variant = { ...answer, when: { query: { q: true } } };
    expect(mistakes({ routes: [group({ "GET /a": variant }), group({ "GET /a": answer })] })).toEqual([
      "GET /a: meets the same requests as GET /a in index.ts: nothing says which of the two is tried first [Write the variants of a route as one list.]",
    ]);
    const host = (name: string) => ({ ...answer, when: { host: name } });
    expect(
      mistakes({ routes: [group({ "GET /a": host("a.example") }), group({ "GET /a": host("b.example") })] }),
    ).toEqual([]);
  });
});
