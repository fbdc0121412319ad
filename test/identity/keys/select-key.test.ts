import { beforeAll, describe, expect, it } from "vitest";
import { type Algorithm, KEY_PAIR_ALGORITHMS } from "../../../src/identity/keys/algorithms.ts";
import { selectKey } from "../../../src/identity/keys/select-key.ts";
import { parseVerificationKey, type VerificationKey } from "../../../src/identity/keys/verification-key.ts";
import { type TestKey, testKey } from "../support.ts";

let rsa: TestKey;
let okp: TestKey;

beforeAll(async () => {
  [rsa, okp] = await Promise.all([testKey("RS256", "rsa"), testKey("EdDSA", "okp")]);
});

function parsed(jwk: unknown): VerificationKey {
  const key = parseVerificationKey(jwk);
  if (typeof key === "string") throw new Error(key);
  return key;
}

describe("one algorithm for each key", () => {
  it("is that of the JWK", () => {
    const key = parsed({ ...rsa.publicJwk, alg: "PS384" });
    expect(selectKey([key], { alg: "PS384", kid: "rsa" }, KEY_PAIR_ALGORITHMS)).toBe(key);
    expect(selectKey([key], { alg: "RS256", kid: "rsa" }, KEY_PAIR_ALGORITHMS)).toMatchObject({
      unknown: false,
    });
  });

  it("is the first that the issuer allows and the type fits where the JWK names none", () => {
    const key = parsed({ ...rsa.publicJwk, alg: undefined });
    const choose = (alg: Algorithm, allowed: readonly Algorithm[]) =>
      selectKey([key], { alg, kid: "rsa" }, allowed);
    expect(choose("RS256", KEY_PAIR_ALGORITHMS)).toBe(key);
    expect(choose("PS256", KEY_PAIR_ALGORITHMS)).toHaveProperty("fault");
    expect(choose("PS256", ["ES256", "PS256", "RS256"])).toBe(key);
    expect(choose("RS256", ["ES256", "PS256", "RS256"])).toHaveProperty("fault");
  });

  it("may have two names where both mean Ed25519", () => {
    const key = parsed(okp.publicJwk);
    expect(selectKey([key], { alg: "Ed25519", kid: "okp" }, KEY_PAIR_ALGORITHMS)).toBe(key);
    expect(selectKey([key], { alg: "EdDSA", kid: "okp" }, KEY_PAIR_ALGORITHMS)).toBe(key);
  });
});

describe("the kid", () => {
  it("must be that of a key, and a set without it may be out of date", () => {
    const keys = [parsed(rsa.publicJwk), parsed(okp.publicJwk)];
    expect(selectKey(keys, { alg: "RS256", kid: "other" }, KEY_PAIR_ALGORITHMS)).toMatchObject({
      unknown: true,
    });
    // A key without a name is not what the token asks for.
    const nameless = parsed({ ...rsa.publicJwk, kid: undefined });
    expect(selectKey([nameless], { alg: "RS256", kid: "rsa" }, KEY_PAIR_ALGORITHMS)).toMatchObject({
      unknown: true,
    });
  });

  it("may be missing where exactly one key fits", () => {
    const [one, two] = [parsed(rsa.publicJwk), parsed({ ...rsa.publicJwk, kid: "two" })];
    const other = parsed(okp.publicJwk);
    expect(selectKey([other, one], { alg: "RS256", kid: undefined }, KEY_PAIR_ALGORITHMS)).toBe(one);
    expect(selectKey([one, two], { alg: "RS256", kid: undefined }, KEY_PAIR_ALGORITHMS)).toMatchObject({
      unknown: false,
    });
  });

  it("may be out of date too when it has no name and no key fits", () => {
    expect(
      selectKey([parsed(okp.publicJwk)], { alg: "RS256", kid: undefined }, KEY_PAIR_ALGORITHMS),
    ).toMatchObject({
      unknown: true,
    });
  });

  it("may name two keys of different types, but not two that fit", () => {
    const [one, other] = [parsed({ ...rsa.publicJwk, kid: "k" }), parsed({ ...okp.publicJwk, kid: "k" })];
    expect(selectKey([one, other], { alg: "EdDSA", kid: "k" }, KEY_PAIR_ALGORITHMS)).toBe(other);
    expect(selectKey([one, other, one], { alg: "RS256", kid: "k" }, KEY_PAIR_ALGORITHMS)).toHaveProperty(
      "fault",
    );
  });
});
