import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityHeaders } from "../../src/identity/headers.ts";
import type { Identity } from "../../src/identity/identity.ts";

const IDENTITY: Identity = {
  id: "https://issuer.example#user 1",
  subject: "user 1",
  issuer: "https://issuer.example",
  claims: { email: "user@example.com" },
  scopes: ["shop:read", "shop:write"],
  credential: "jwt",
};

describe("the fields that tell an origin who calls", () => {
  it("name the identity and nothing of its claims", () => {
    expect(Object.fromEntries(identityHeaders(IDENTITY))).toEqual({
      "x-identity-id": "https://issuer.example#user%201",
      "x-identity-subject": "user%201",
      "x-identity-issuer": "https://issuer.example",
      "x-identity-credential": "jwt",
      "x-identity-scopes": "shop:read shop:write",
    });
  });

  it("name roles, consumer and plan where there are any, and no empty list of scopes", () => {
    const fields = Object.fromEntries(
      identityHeaders({ ...IDENTITY, scopes: [], roles: ["staff", "ops"], consumer: "acme", plan: "gold" }),
    );
    expect(fields).toMatchObject({
      "x-identity-roles": "staff ops",
      "x-identity-consumer": "acme",
      "x-identity-plan": "gold",
    });
    expect(fields).not.toHaveProperty("x-identity-scopes");
  });

  it("are visible ASCII whatever the issuer wrote, and can be decoded again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (subject) => {
        const fields = new Map(identityHeaders({ ...IDENTITY, subject, scopes: [subject, "b"] }));
        expect(fields.get("x-identity-subject")).toMatch(/^[\x21-\x7e]+$/);
        expect(decodeURIComponent(fields.get("x-identity-subject")!)).toBe(subject);
        expect(fields.get("x-identity-scopes")?.split(" ").map(decodeURIComponent)).toEqual([subject, "b"]);
      }),
    );
    expect(new Map(identityHeaders({ ...IDENTITY, subject: "50%\r\nx: y" })).get("x-identity-subject")).toBe(
      "50%25%0D%0Ax:%20y",
    );
  });

  it("are made once for an identity", () => {
    expect(identityHeaders(IDENTITY)).toBe(identityHeaders(IDENTITY));
  });
});
