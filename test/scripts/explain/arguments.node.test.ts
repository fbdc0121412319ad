import { describe, expect, it } from "vitest";
import { type Command, readCommand } from "../../../scripts/explain/arguments.ts";

function read(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const command = readCommand(args, env);
  if (typeof command === "string") throw new Error(command);
  return command;
}

describe("the request", () => {
  it("is a method and a path, on a host that is made up", () => {
    expect(read(["get", "/a/../b?q=%20"])).toEqual({
      asked: { method: "GET", url: "https://gateway.example/a/../b?q=%20", headers: [] },
      hostIsMadeUp: true,
      as: undefined,
      live: undefined,
      manifest: undefined,
      json: false,
    });
  });

  it("is without the fragment, which no client sends", () => {
    const read = readCommand(["GET", "/a?q=1#token=x"], {});
    expect(read).toMatchObject({ asked: { url: "https://gateway.example/a?q=1" } });
  });

  it("has fields and a body as curl takes them", () => {
    const { asked } = read(["POST", "/a", "-H", "X-A: b: c ", "--header", "x-empty:", "-d", "{}"]);
    expect(asked).toMatchObject({
      headers: [
        ["X-A", "b: c"],
        ["x-empty", ""],
      ],
      body: "{}",
    });
  });

  it("is for the host of its URL, or of its Host field", () => {
    const urls = [
      ["http://shop.example/a"],
      ["http://shop.example?x"],
      ["/a", "-H", "host: shop.example:8080"],
      ["https://a.example/a", "-H", "Host: b.example"],
    ].map((args) => read(["GET", ...args]));
    expect(urls.map(({ asked }) => [asked.url, asked.headers])).toEqual([
      ["http://shop.example/a", []],
      ["http://shop.example/?x", []],
      ["https://shop.example:8080/a", []],
      ["https://b.example/a", []],
    ]);
    expect(urls.some(({ hostIsMadeUp }) => hostIsMadeUp)).toBe(false);
  });
});

describe("somebody whose credential is taken to hold", () => {
  it("has a subject, scopes and claims", () => {
    const { as } = read(["GET", "/", "--as", "ada", "--scopes", "a,b  c", "--claims", '{"org":1}']);
    expect(as).toEqual({ subject: "ada", scopes: ["a", "b", "c"], claims: { org: 1 } });
    expect(read(["GET", "/", "--as", "ada", "--roles", "x, y"]).as).toMatchObject({ roles: ["x", "y"] });
    expect(read(["GET", "/", "--as", "ada"]).as).toEqual({ subject: "ada", scopes: [], claims: {} });
  });
});

describe("a running gateway", () => {
  const secret = { ISOGATE_ADMIN_SECRET: "e" };

  it("is asked with a secret from the environment, or from .dev.vars where it is on this machine", () => {
    const { live, asked } = read(["GET", "/a", "--live", "https://api.example"], secret);
    expect(live).toEqual({ base: "https://api.example", credential: "e" });
    expect(asked.url).toBe("https://api.example/a");
    const here = readCommand(["GET", "/a", "--live", "http://127.0.0.1:8787"], {}, () => secret);
    expect(here).toMatchObject({ live: { base: "http://127.0.0.1:8787", credential: "e" } });
    const there = readCommand(["GET", "/a", "--live", "https://api.example"], {}, () => secret);
    expect(there).toContain("set ISOGATE_ADMIN_SECRET");
  });
});

it.each([
  [[], "method and a path"],
  [["GET"], "method and a path"],
  [["GET", "/", "/b"], "method and a path"],
  [["G T", "/"], "no method"],
  [["GET", "a"], "neither a path nor"],
  [["GET", "ftp://a.example/"], "neither a path nor"],
  [["GET", "/", "-H", "no field"], "no header field"],
  [["GET", "/", "-H"], "argument missing"],
  [["GET", "/", "--what"], "Unknown option"],
  [["GET", "/", "--scopes", "a"], "go with --as"],
  [["GET", "/", "--roles", "a"], "go with --as"],
  [["GET", "/", "--claims", "{}"], "go with --as"],
  [["GET", "/", "--as", "a", "--claims", "{"], "no JSON"],
  [["GET", "/", "--as", "a", "--claims", "[]"], "JSON object"],
  [["GET", "/", "--live", "https://a.example", "--token", "t"], "Unknown option"],
  [["GET", "/", "--live", "api.example"], "no http(s) URL"],
  [["GET", "/", "--live", "https://a.example"], "set ISOGATE_ADMIN_SECRET in the environment"],
  [["GET", "/", "--live", "http://a.example"], "https only"],
  [["GET", "/", "--live", "http://localhost.evil.example"], "https only"],
])("cannot be read from %j", (args, said) => {
  expect(readCommand(args, {})).toContain(said);
});
