import { describe, expect, it } from "vitest";
import { anyOf, basic, externalAuth, jwt, secret, upstream } from "../../../src/manifest/index.ts";
import { mistakesIn } from "./judge.ts";

const service = upstream("auth", { origin: "https://auth.example" });
const asked = (more: object = {}) =>
  externalAuth({
    upstream: service,
    path: "/verify",
    forwardHeaders: ["cookie"],
    identity: { subject: "x-user", ...more },
  });
const token = jwt({
  issuers: { issuer: "https://login.example", audience: "a", keys: { url: "https://login.example/jwks" } },
});
const users = basic({ users: { ada: secret("SESSION_SECRET") } });
const mistakes = (access: unknown, rules?: readonly object[]) =>
  mistakesIn({ "GET /a": { access, respond: {}, ...(rules && { authorize: { rules } }) } } as never);

describe("what is asked of a service that says who calls", () => {
  it("is scopes, where it tells them, and no claims", () => {
    expect(mistakes(asked({ scopes: "x-scopes" })({ scopes: ["read"] }))).toEqual([]);
    expect(mistakes(asked({})({}))).toEqual([]);
    expect(mistakes(asked({ roles: "x-roles" })({ scopes: ["read"] }))).toEqual([
      "GET /a → access: an externalAuth credential without identity.scopes grants no scopes: what is asked of it is " +
        "never there [Name the field of the answer that holds them as identity.scopes.]",
    ]);
    expect(mistakes(asked({ scopes: "x-scopes" })({ claims: { org: "tea" } }))).toEqual([
      "GET /a → access: an externalAuth credential has no claims: what is asked of it is never there " +
        "[Ask for scopes, or for roles in rules of authorize.]",
    ]);
  });

  it("is told as wrong wherever the credential stands, on trial too", () => {
    const demanding = asked()({ scopes: ["read"] });
    expect(mistakes(anyOf(token, demanding))).toHaveLength(1);
    expect(mistakes({ rule: demanding, mode: "report", meanwhile: token })).toHaveLength(1);
  });
});

describe("rules of authorize", () => {
  const never = (right: string) => [
    `GET /a → authorize.rules.0: asks for ${right}, which no credential of this route ever gives: the rule never ` +
      "matches [Have the credential tell them (externalAuth: identity), or leave the rule out.]",
  ];

  it("ask for nothing that no caller can have", () => {
    expect(mistakes(asked(), [{ allow: true, roles: ["staff"] }])).toEqual(never("roles"));
    expect(mistakes(asked(), [{ deny: true, roles: ["banned"] }, { allow: true }])).toEqual(never("roles"));
    expect(mistakes(asked({ roles: "x-roles" }), [{ allow: true, scopes: ["read"] }])).toEqual(
      never("scopes"),
    );
    expect(mistakes(asked({ roles: "x-roles" }), [{ allow: true, claims: { org: "tea" } }])).toEqual(
      never("claims"),
    );
    expect(mistakes(asked(), [{ allow: true, when: 'identity.roles has "staff"' }])).toEqual(never("roles"));
    expect(mistakes(users, [{ allow: true, scopes: ["read"] }])).toEqual(never("scopes"));
  });

  it("ask for what one of several credentials gives, or for what may be had otherwise", () => {
    for (const access of [asked({ roles: "x-roles" }), anyOf(asked(), token), users])
      expect(mistakes(access, [{ allow: true, roles: ["staff"] }])).toEqual([]);
    const open = 'identity.roles has "staff" or identity.subject == "ada"';
    expect(mistakes(asked(), [{ allow: true, when: open }])).toEqual([]);
    expect(
      mistakes(asked(), [{ deny: true, when: 'not identity.roles has "staff"' }, { allow: true }]),
    ).toEqual([]);
    expect(mistakes("public", [{ allow: true }])).toEqual([]);
  });
});
