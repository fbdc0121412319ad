import { beforeAll, describe, expect, it } from "vitest";
import {
  bearing,
  GOOD,
  identity,
  inlineIssuer,
  jwtCredential,
  refusal,
  shown,
  type TestKey,
  testKey,
} from "../support.ts";

let signer: TestKey;

beforeAll(async () => {
  signer = await testKey("ES256");
});

describe("what a route asks for", () => {
  const verify = async (requirements: object, claims: object) => {
    const credential = jwtCredential({ issuers: inlineIssuer([signer]) }, { requirements });
    return credential.verify(bearing(await signer.sign({ ...GOOD, ...claims })));
  };

  it("is granted by a scope string, a scp list or a scp string", async () => {
    for (const claims of [{ scope: "a b c" }, { scp: ["a", "c"] }, { scp: "c a" }]) {
      expect(identity(await verify({ scopes: ["a", "c"] }, claims)).scopes).toEqual(
        expect.arrayContaining(["a", "c"]),
      );
    }
  });

  it("is 403 with the scopes where one is missing", async () => {
    const { status, challenge, body } = await shown(
      await verify({ scopes: ["shop:read", "shop:write"] }, { scope: "shop:read" }),
    );
    expect(status).toBe(403);
    expect(challenge).toBe('Bearer realm="api", error="insufficient_scope", scope="shop:read shop:write"');
    expect(body).toMatchObject({ code: "insufficient-rights" });
  });

  it("takes a scope whole, and claims of another form for none", async () => {
    for (const scope of ["shop:readonly", "SHOP:READ", "shop", 7, { "shop:read": true }]) {
      expect(refusal(await verify({ scopes: ["shop:read"] }, { scope })).code).toBe("insufficient-rights");
    }
  });

  it("may be the value of a claim, one of several, or a member of a list", async () => {
    expect(identity(await verify({ claims: { org: "acme" } }, { org: "acme" })).subject).toBe("user-1");
    expect(identity(await verify({ claims: { level: [2, 3] } }, { level: 3 })).subject).toBe("user-1");
    expect(identity(await verify({ claims: { roles: "admin" } }, { roles: ["user", "admin"] })).subject).toBe(
      "user-1",
    );
    for (const [requirements, claims] of [
      [{ org: "acme" }, { org: "acme2" }],
      [{ org: "acme" }, {}],
      [{ level: [2, 3] }, { level: "3" }],
      [{ roles: "admin" }, { roles: ["administrator"] }],
      [{ constructor: "Object" }, {}],
    ] as const) {
      const verdict = await shown(await verify({ claims: requirements }, claims));
      expect(verdict.status).toBe(403);
      expect(verdict.challenge).toBe('Bearer realm="api", error="insufficient_scope"');
    }
  });

  it("may stand in a claim of another name", async () => {
    const issuers = inlineIssuer([signer], { scopesClaim: "permissions" });
    const credential = jwtCredential({ issuers }, { requirements: { scopes: ["a"] } });
    expect(
      identity(await credential.verify(bearing(await signer.sign({ ...GOOD, permissions: ["a"] })))).scopes,
    ).toEqual(["a"]);
    expect(refusal(await credential.verify(bearing(await signer.sign({ ...GOOD, scope: "a" })))).code).toBe(
      "insufficient-rights",
    );
  });
});
