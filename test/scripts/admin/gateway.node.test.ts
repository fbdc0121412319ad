import { describe, expect, it } from "vitest";
import { readGateway, SECRET, TOKEN_OR_SECRET } from "../../../scripts/admin/gateway.ts";
import { Misuse } from "../../../scripts/admin/misuse.ts";

const nothing = () => ({});
const token = { ISOGATE_ADMIN_TOKEN: "token" };

describe("which gateway is asked", () => {
  it("is the option's, else the environment's, else the one that npm start runs", () => {
    const base = (url: string | undefined, env: object) =>
      readGateway(url, TOKEN_OR_SECRET, { ...token, ...env }, nothing).base;
    expect(base(undefined, {})).toBe("http://127.0.0.1:8787");
    expect(base(undefined, { ISOGATE_URL: "https://a.example" })).toBe("https://a.example");
    expect(base("https://b.example/", { ISOGATE_URL: "https://a.example" })).toBe("https://b.example");
  });

  it.each([
    "http://localhost:1",
    "http://127.0.0.1",
    "http://127.8.9.1:2",
    "http://[::1]:3",
    "https://a.example",
  ])("may be %s", (url) => expect(readGateway(url, TOKEN_OR_SECRET, token, nothing).base).toBe(url));

  it.each([
    "http://a.example",
    "http://127.0.0.1.a.example",
    "http://localhost.a.example",
    "http://[::2]",
    "http://0.0.0.0:8787",
    "ftp://localhost",
    "a.example",
    "https://a.example/path",
    "https://a.example/?x",
    "https://user:pass@a.example",
  ])("may not be %s", (url) => {
    expect(() => readGateway(url, TOKEN_OR_SECRET, token, nothing)).toThrow(Misuse);
  });
});

describe("who asks", () => {
  const local = { ISOGATE_ADMIN_SECRET: "of .dev.vars" };
  const who = (env: object, url?: string) =>
    readGateway(url, TOKEN_OR_SECRET, { ...env }, () => local).credential;

  it("is said by a token before the secret, and by the environment before .dev.vars", () => {
    expect(who({ ISOGATE_ADMIN_TOKEN: "token", ISOGATE_ADMIN_SECRET: "secret" })).toBe("token");
    expect(who({ ISOGATE_ADMIN_TOKEN: "", ISOGATE_ADMIN_SECRET: "secret" })).toBe("secret");
    expect(who({})).toBe("of .dev.vars");
  });

  it("is said by .dev.vars to no gateway but this machine's", () => {
    expect(() => who({}, "https://a.example")).toThrow("Say who asks: set ISOGATE_ADMIN_TOKEN");
  });

  it("is never said by a token where only the secret will do", () => {
    const env = { ISOGATE_ADMIN_TOKEN: "token", ISOGATE_ADMIN_SECRET: "secret" };
    expect(readGateway(undefined, SECRET, env, nothing).credential).toBe("secret");
    expect(() => readGateway(undefined, SECRET, { ISOGATE_ADMIN_TOKEN: "token" }, nothing)).toThrow(
      "set ISOGATE_ADMIN_SECRET in the environment",
    );
  });

  it("can be said in a header field", () => {
    expect(() => who({ ISOGATE_ADMIN_TOKEN: "a\nb" })).toThrow(Misuse);
  });
});
