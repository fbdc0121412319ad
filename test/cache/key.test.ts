import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityKey, type KeyInputs, primaryKey, variantKey } from "../../src/cache/key.ts";
import type { Identity } from "../../src/identity/identity.ts";

const inputs: KeyInputs = {
  scheme: "https",
  host: "api.example",
  route: "GET /v1/products/:id",
  path: "/v1/products/1",
  search: "?a=1",
  headers: ["x", null],
  identity: null,
};
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "..",
    ".",
    "/",
    '","',
    "\ud800",
    "\ud801",
    "%2e%2e",
    "null",
    "?",
    "#",
    "a".repeat(2_000),
  ),
);
const anyInputs: fc.Arbitrary<KeyInputs> = fc.record({
  scheme: fc.constantFrom("http", "https"),
  host: text,
  route: text,
  path: text,
  search: text,
  headers: fc.array(fc.option(text), { maxLength: 3 }),
  identity: fc.option(text),
});

describe("primaryKey", () => {
  it("is a URL that parsing leaves as it is", async () => {
    await fc.assert(
      fc.asyncProperty(anyInputs, async (each) => {
        const key = await primaryKey(each);
        expect(new URL(key).href).toBe(key);
        expect(new URL(key).host).toBe("cache.isogate.invalid");
        expect(key.length).toBeLessThan(1_100);
      }),
    );
  });

  it("is the same for the same inputs and differs for different ones, whatever they hold", async () => {
    await fc.assert(
      fc.asyncProperty(anyInputs, anyInputs, async (a, b) => {
        expect(await primaryKey({ ...a })).toBe(await primaryKey(a));
        expect((await primaryKey(a)) === (await primaryKey(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it("differs when any one input does", async () => {
    const others: Array<Partial<KeyInputs>> = [
      { scheme: "http" },
      { host: "api.example:8443" },
      { route: "GET /v1/*" },
      { path: "/v1/products/2" },
      { search: "" },
      { headers: ["x", ""] },
      { headers: [null, "x"] },
      { headers: ["x"] },
      { identity: "" },
      { identity: "null" },
    ];
    const keys = await Promise.all(
      [inputs, ...others.map((other) => ({ ...inputs, ...other }))].map(primaryKey),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("keeps header values from standing for other parts", async () => {
    const forged = await primaryKey({ ...inputs, headers: ['x",null],"evil","'] });
    expect(forged).not.toBe(await primaryKey({ ...inputs, headers: ["x", null] }));
    expect(await primaryKey({ ...inputs, headers: ["a", "b"] })).not.toBe(
      await primaryKey({ ...inputs, headers: ["a,b"] }),
    );
  });

  it("stays short for long inputs without mixing them up", async () => {
    const long = "a".repeat(20_000);
    const one = await primaryKey({ ...inputs, search: `?${long}1` });
    const two = await primaryKey({ ...inputs, search: `?${long}2` });
    expect(one.length).toBeLessThan(200);
    expect(one).not.toBe(two);
  });
});

describe("variantKey", () => {
  it("is no primary key, and differs by variant and by response", async () => {
    const primary = await primaryKey(inputs);
    const other = await primaryKey({ ...inputs, path: "/v1/products/2" });
    const keys = await Promise.all([
      primary,
      other,
      variantKey(primary, [["accept", "a/b"]]),
      variantKey(primary, [["accept", null]]),
      variantKey(primary, [["accept-language", "a/b"]]),
      variantKey(other, [["accept", "a/b"]]),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("identityKey", () => {
  const identity: Identity = {
    id: "issuer|alice",
    subject: "alice",
    issuer: "issuer",
    claims: { sub: "alice", org: "a", exp: 1, iat: 1, jti: "1", nbf: 1 },
    scopes: ["read"],
    credential: "jwt",
    expiresAt: 1,
  };

  it("is one for a caller's tokens that say the same", () => {
    const renewed = {
      ...identity,
      claims: { sub: "alice", org: "a", exp: 2, iat: 2, jti: "2", nbf: 2 },
      expiresAt: 2,
    };
    expect(identityKey(renewed)).toBe(identityKey(identity));
  });

  it.each<[string, Partial<Identity>]>([
    ["id", { id: "issuer|bob" }],
    ["scopes", { scopes: ["read", "write"] }],
    ["claims", { claims: { ...identity.claims, org: "b" } }],
    ["plan", { plan: "gold" }],
    ["roles", { roles: ["partner"] }],
    ["consumer", { consumer: "acme" }],
    ["credential", { credential: "apiKey" }],
  ])("differs with the %s that the origin may be told", (_, other) => {
    expect(identityKey({ ...identity, ...other })).not.toBe(identityKey(identity));
  });
});
