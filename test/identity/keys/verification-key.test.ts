import { beforeAll, describe, expect, it } from "vitest";
import { parseVerificationKey } from "../../../src/identity/keys/verification-key.ts";
import { encoded, type TestKey, testKey } from "../support.ts";

let rsa: TestKey;
let ec: TestKey;
let okp: TestKey;

beforeAll(async () => {
  [rsa, ec, okp] = await Promise.all([testKey("RS256"), testKey("ES256"), testKey("EdDSA")]);
});

describe("a key of a set", () => {
  it("can be used when it is a public key for signatures", () => {
    for (const { publicJwk } of [rsa, ec, okp]) {
      expect(parseVerificationKey(publicJwk)).toMatchObject({
        kid: publicJwk.kid,
        alg: publicJwk.alg,
        retired: false,
      });
      const { alg: _, use: __, kid: ___, ...bare } = publicJwk;
      expect(parseVerificationKey({ ...bare, key_ops: ["verify"] })).toMatchObject({
        kid: undefined,
        alg: undefined,
      });
    }
  });

  const zeros = (bytes: number) => encoded("\0".repeat(bytes));
  it.each<[string, () => unknown]>([
    ["no object", () => "key"],
    ["null", () => null],
    ["a list", () => []],
    ["of an unknown type", () => ({ ...ec.publicJwk, kty: "AKP" })],
    ["of an unknown curve", () => ({ ...ec.publicJwk, crv: "secp256k1" })],
    ["a shared secret", () => ({ kty: "oct", k: zeros(32), alg: "HS256" })],
    ["a private key", () => ({ ...ec.publicJwk, d: zeros(32) })],
    ["for encryption", () => ({ ...rsa.publicJwk, use: "enc" })],
    ["not for verifying", () => ({ ...rsa.publicJwk, key_ops: ["encrypt"] })],
    ["for an algorithm of another type", () => ({ ...rsa.publicJwk, alg: "ES256" })],
    ["for HMAC", () => ({ ...rsa.publicJwk, alg: "HS256" })],
    ["for encryption by its alg", () => ({ ...rsa.publicJwk, alg: "RSA-OAEP" })],
    ["named by a number", () => ({ ...rsa.publicJwk, kid: 1 })],
    ["without modulus", () => ({ ...rsa.publicJwk, n: undefined })],
    ["with a modulus of 2047 bits", () => ({ ...rsa.publicJwk, n: encoded(`\x7f${"\x01".repeat(255)}`) })],
    [
      "with a short modulus behind zeros",
      () => ({ ...rsa.publicJwk, n: encoded(`${"\0".repeat(200)}${"\x01".repeat(128)}`) }),
    ],
    ["with a modulus that takes ages", () => ({ ...rsa.publicJwk, n: encoded("\x01".repeat(2_000)) })],
    ["with the exponent 1", () => ({ ...rsa.publicJwk, e: "AQ" })],
    ["without exponent", () => ({ ...rsa.publicJwk, e: undefined })],
    ["without a coordinate", () => ({ ...ec.publicJwk, y: undefined })],
    ["an Edwards key without point", () => ({ ...okp.publicJwk, x: undefined })],
  ])("cannot be used when it is %s", (_, jwk) => {
    expect(parseVerificationKey(jwk())).toBeTypeOf("string");
  });

  it("is imported once", async () => {
    const key = parseVerificationKey(ec.publicJwk);
    if (typeof key === "string") throw new Error(key);
    const imported = await key.cryptoKey("ES256");
    expect(imported.usages).toEqual(["verify"]);
    expect(key.cryptoKey("ES256")).toBe(imported);
  });

  it("is known again by its fingerprint", () => {
    const print = (jwk: unknown) => {
      const key = parseVerificationKey(jwk);
      return typeof key === "string" ? key : key.fingerprint;
    };
    expect(print({ x5t: "new", ...ec.publicJwk })).toBe(print(ec.publicJwk));
    expect(print({ ...ec.publicJwk, kid: "other" })).not.toBe(print(ec.publicJwk));
    expect(print({ ...ec.publicJwk, y: ec.publicJwk.x })).not.toBe(print(ec.publicJwk));
    expect(print({ ...ec.publicJwk, alg: undefined })).not.toBe(print(ec.publicJwk));
  });
});
