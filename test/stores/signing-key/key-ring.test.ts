import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { KeyRing, type KeyStorage } from "../../../src/stores/signing-key/key-ring.ts";

const START = 1_795_132_800_500;
const SECONDS = 1_795_132_800;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let now: number;
beforeEach(() => {
  now = START;
});

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

const ringOf = (kept: KeyStorage = storage()) => new KeyRing(kept, () => now);
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const kidsOf = async (ring: KeyRing) => (await ring.jwks()).keys.map((key) => (key as { kid?: string }).kid);

describe("a token", () => {
  it("is one that the published key verifies", async () => {
    const ring = ringOf();
    const token = await ring.sign(
      { iss: "https://issuer.example", sub: "user-1", aud: "api", exp: 1, iat: 1 },
      600,
      "at+jwt",
    );
    const keys = createLocalJWKSet((await ring.jwks()) as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(token, keys, { currentDate: new Date(now) });
    expect(payload).toEqual({
      iss: "https://issuer.example",
      sub: "user-1",
      aud: "api",
      iat: SECONDS,
      exp: SECONDS + 600,
      jti: expect.any(String),
    });
    const [key] = (await ring.jwks()).keys;
    expect(protectedHeader).toEqual({ alg: "ES256", typ: "at+jwt", kid: await calculateJwkThumbprint(key!) });
  });

  it("has a jti of its own", async () => {
    const ring = ringOf();
    const keys = createLocalJWKSet((await ring.jwks()) as JSONWebKeySet);
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const { payload } = await jwtVerify(await ring.sign({}, 600, "JWT"), keys, {
          currentDate: new Date(now),
        });
        return payload.jti;
      }),
    );
    expect(new Set(ids).size).toBe(5);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("has no lifetime of %s", async (ttl) => {
    await expect(ringOf().sign({}, ttl, "JWT")).rejects.toThrow(RangeError);
  });
});

describe("the keys", () => {
  it("are published without their private halves", async () => {
    const { keys } = await ringOf().jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });

  it("are one for calls that come while it is being made, and after a restart", async () => {
    const kept = storage();
    const ring = ringOf(kept);
    const sets = await Promise.all([ring.jwks(), ring.jwks(), ring.sign({}, 1, "JWT"), ring.jwks()]);
    expect(sets[1]).toEqual(sets[0]);
    const again = ringOf(kept);
    expect(await again.jwks()).toEqual(sets[0]);
    expect(kidOf(await again.sign({}, 1, "JWT"))).toBe(kidOf(sets[2] as string));
  });

  it("can still be made after the storage failed once", async () => {
    const kept = storage();
    let broken = true;
    const put: KeyStorage["put"] = (key, value) => {
      if (broken) throw new Error("storage failed");
      kept.put(key, value);
    };
    const ring = ringOf({ get: kept.get, put });
    await expect(ring.jwks()).rejects.toThrow("storage failed");
    broken = false;
    expect((await ring.jwks()).keys).toHaveLength(1);
  });

  it("are written for few of the tokens that they sign", async () => {
    const kept = storage();
    const ring = ringOf(kept);
    for (let index = 0; index < 200; index++) {
      await ring.sign({}, 300, "JWT");
      now += 10_000;
    }
    expect(kept.puts.length).toBeLessThan(5);
  });
});

describe("rotation", () => {
  it("publishes a new key a day before it signs, and the old one until its last token has ended", async () => {
    const kept = storage();
    let ring = ringOf(kept);
    const first = kidOf(await ring.sign({}, 3_600, "JWT"))!;
    now = START + 29 * DAY - HOUR;
    expect(await kidsOf(ring)).toEqual([first]);

    now = START + 29 * DAY;
    const [, second] = await kidsOf(ring);
    expect(await kidsOf(ring)).toEqual([first, second]);
    expect(kidOf(await ring.sign({}, 3_600, "JWT"))).toBe(first);
    now += DAY - 1;
    const last = await ring.sign({}, 3_600, "JWT");
    expect(kidOf(last)).toBe(first);

    now += 1;
    expect(kidOf(await ring.sign({}, 3_600, "JWT"))).toBe(second);
    ring = ringOf(kept);
    now += HOUR - 2_000;
    const keys = createLocalJWKSet((await ring.jwks()) as JSONWebKeySet);
    await jwtVerify(last, keys, { currentDate: new Date(now) });
    now += DAY;
    expect(await kidsOf(ring)).toEqual([second]);
  });

  it("never leaves a token whose key is not published, whenever it is asked", async () => {
    const kept = storage();
    const tokens: Array<{ readonly token: string; readonly until: number }> = [];
    let seed = 7;
    let ring = ringOf(kept);
    for (let step = 0; step < 400; step++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      now += (seed % 40) * HOUR;
      if (step % 3 === 0) ring = ringOf(kept);
      const ttl = 10 + (seed % 3_600);
      tokens.push({ token: await ring.sign({}, ttl, "JWT"), until: now + ttl * 1_000 });
      const published = await kidsOf(ring);
      for (const { token, until } of tokens.slice(-5)) {
        if (now < until) expect(published).toContain(kidOf(token));
      }
      expect(published.length).toBeLessThanOrEqual(3);
    }
    expect(new Set(tokens.map(({ token }) => kidOf(token))).size).toBeGreaterThan(5);
  });

  it("after a long sleep lets nobody be surprised by a key", async () => {
    const ring = ringOf();
    const first = kidOf(await ring.sign({}, 60, "JWT"));
    now += 365 * DAY;
    expect(kidOf(await ring.sign({}, 60, "JWT"))).toBe(first);
    expect(await kidsOf(ring)).toHaveLength(2);
    now += DAY;
    expect(kidOf(await ring.sign({}, 60, "JWT"))).not.toBe(first);
  });
});
