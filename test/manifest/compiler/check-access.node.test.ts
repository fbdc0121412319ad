import { describe, expect, it } from "vitest";
import { jwt, secret } from "../../../src/manifest/index.ts";
import { mistakesIn } from "./judge.ts";

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
