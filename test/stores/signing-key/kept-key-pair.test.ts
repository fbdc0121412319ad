import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from "jose";
import { describe, expect, it } from "vitest";
import { KeptKeyPair, type KeyStorage } from "../../../src/stores/signing-key/kept-key-pair.ts";

const NOW = 1_795_132_800_500;
const SECONDS = 1_795_132_800;

function storage() {
  const kept = new Map<string, unknown>();
  const puts: string[] = [];
  const running: KeyStorage = {
    get: (key) => structuredClone(kept.get(key)),
    put(key, value) {
      puts.push(key);
      kept.set(key, structuredClone(value));
    },
  };
  return Object.assign(running, { puts });
}

describe("the kept key pair", () => {
  it("signs access tokens that its public half verifies", async () => {
    const pair = new KeptKeyPair(storage(), () => NOW);
    const token = await pair.sign(
      { iss: "https://issuer.example", sub: "user-1", aud: "api", exp: 1, iat: 1 },
      600,
    );
    const keys = createLocalJWKSet((await pair.jwks()) as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(token, keys, { currentDate: new Date(NOW) });
    expect(payload).toEqual({
      iss: "https://issuer.example",
      sub: "user-1",
      aud: "api",
      iat: SECONDS,
      exp: SECONDS + 600,
      jti: expect.any(String),
    });
    const [key] = (await pair.jwks()).keys;
    expect(protectedHeader).toEqual({ alg: "ES256", typ: "at+jwt", kid: await calculateJwkThumbprint(key!) });
  });

  it("gives every token a jti of its own", async () => {
    const pair = new KeptKeyPair(storage(), () => NOW);
    const keys = createLocalJWKSet((await pair.jwks()) as JSONWebKeySet);
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const { payload } = await jwtVerify(await pair.sign({}, 600), keys, { currentDate: new Date(NOW) });
        return payload.jti;
      }),
    );
    expect(new Set(ids).size).toBe(5);
  });

  it("never shows its private half", async () => {
    const { keys } = await new KeptKeyPair(storage(), () => NOW).jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });

  it("is one key for calls that come while it is being made, and after a restart", async () => {
    const kept = storage();
    const pair = new KeptKeyPair(kept, () => NOW);
    const sets = await Promise.all([pair.jwks(), pair.jwks(), pair.sign({}, 1), pair.jwks()]);
    expect(kept.puts).toHaveLength(1);
    expect(sets[1]).toEqual(sets[0]);
    const again = new KeptKeyPair(kept, () => NOW);
    expect(await again.jwks()).toEqual(sets[0]);
    expect(decodeProtectedHeader(await again.sign({}, 1)).kid).toBe(
      decodeProtectedHeader(sets[2] as string).kid,
    );
    expect(kept.puts).toHaveLength(1);
  });

  it("can still be made after its storage failed once", async () => {
    const kept = storage();
    let broken = true;
    const put: KeyStorage["put"] = (key, value) => {
      if (broken) throw new Error("storage failed");
      kept.put(key, value);
    };
    const pair = new KeptKeyPair({ get: kept.get, put }, () => NOW);
    await expect(pair.jwks()).rejects.toThrow("storage failed");
    broken = false;
    expect((await pair.jwks()).keys).toHaveLength(1);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses the lifetime %s", async (ttl) => {
    await expect(new KeptKeyPair(storage(), () => NOW).sign({}, ttl)).rejects.toThrow(RangeError);
  });
});
