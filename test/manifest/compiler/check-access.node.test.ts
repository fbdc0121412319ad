import { describe, expect, it } from "vitest";
import { basic, jwt, secret } from "../../../src/manifest/index.ts";
import { mistakes, mistakesIn } from "./judge.ts";

const issuer = {
  issuer: "https://login.example",
  audience: "a",
  keys: { url: "https://login.example/jwks" },
};

describe("a secret", () => {
  it("is listed in wrangler.toml, or a deployment could forget it", () => {
    const signed = (name: string) => jwt({ issuers: { ...issuer, keys: { secret: secret(name) } } });
    expect(mistakesIn({ "GET /a": { access: signed("SESSION_SECRET"), respond: {} } })).toEqual([]);
    expect(mistakesIn({ "GET /a": { access: signed("SESSION_SECRE"), respond: {} } })).toEqual([
      'GET /a → access: the secret SESSION_SECRE is not listed in wrangler.toml [Did you mean "SESSION_SECRET"?]',
    ]);
    const shared = signed("OTHER");
    const routes = {
      "GET /a": { access: shared, respond: {} },
      "GET /b": { access: shared({ scopes: ["x"] }), respond: {} },
    };
    expect(mistakesIn(routes)).toEqual([
      'GET /a → access: the secret OTHER is not listed in wrangler.toml [Add it to [secrets]: required = ["OTHER"]]',
    ]);
  });
});

describe("what is asked of a credential", () => {
  it("is something that it can have", () => {
    const users = basic({ users: { ada: secret("SESSION_SECRET") } });
    const wrong = (access: unknown) => mistakesIn({ "GET /a": { access, respond: {} } });
    expect(wrong(users)).toEqual([]);
    expect(wrong(users({}))).toEqual([]);
    for (const demand of [{ scopes: ["x"] }, { claims: { org: "tea" } }]) {
      expect(wrong(users(demand))).toEqual([
        "GET /a → access: a basic credential grants no scopes and has no claims: what is asked of it is never there " +
          "[Ask nothing of it, or take a credential that grants scopes.]",
      ]);
    }
  });
});

describe("a rule on trial", () => {
  const token = jwt({ issuers: issuer });
  const wrong = (access: unknown) => mistakesIn({ "GET /a": { access, respond: {} } });

  it("says what holds meanwhile: it cannot open a route by being forgotten", () => {
    for (const meanwhile of ["public", token]) {
      expect(wrong({ rule: token({ scopes: ["x"] }), mode: "report", meanwhile })).toEqual([]);
    }
    expect(wrong({ rule: token, mode: "report" })).toEqual([
      "GET /a → access.meanwhile: is missing: who may call until the rule is enforced",
    ]);
    expect(wrong({ rule: token, mode: "report", meanwhile: "everybody" })).toEqual([
      'GET /a → access.meanwhile: must be "public", a credential, anyOf(…) or allOf(…)',
    ]);
  });

  it("is one rule with a mode that is known", () => {
    expect(wrong({ rule: "public", mode: "reprot", meanwhile: token, more: 1 })).toEqual([
      "GET /a → access.more: is not known here: write rule, mode and meanwhile",
      'GET /a → access.mode: must be "enforce" or "report"',
      "GET /a → access.rule: must be a credential, anyOf(…) or allOf(…)",
    ]);
  });

  it("is judged like one in force", () => {
    const signed = jwt({ issuers: { ...issuer, keys: { secret: secret("OTHER") } } });
    expect(wrong({ rule: signed, mode: "report", meanwhile: "public" })).toHaveLength(1);
  });

  it("is no way for a route or a rule of the gateway to be less than it says", () => {
    const routes = [{ kind: "routes", group: {}, routes: { "GET /a": { access: "public", respond: {} } } }];
    const trial = { rule: token, mode: "report", meanwhile: "public" };
    expect(mistakes({ require: [{ match: "/*", access: trial }], routes })).toEqual([
      "require → 0.access: a rule on trial says `mode` beside `match`, and its access is the rule itself",
    ]);
    expect(mistakes({ require: [{ match: "/*", access: token, mode: "report" }], routes })).toEqual([]);
    expect(mistakes({ require: [{ match: "/*", access: token, mode: "off" }], routes })).toHaveLength(1);
    expect(mistakes({ defaults: { access: "public" }, routes })).toHaveLength(1);
  });
});
