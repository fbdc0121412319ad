import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenCache, type VerifiedToken } from "../../src/identity/token-cache.ts";

const token = (name: string) => ({ identity: { id: name } }) as unknown as VerifiedToken;

describe("the cache of verified tokens", () => {
  it("never holds more than its capacity, and never gives one token's entry for another", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.nat({ max: 50 })), (capacity, uses) => {
        const cache = new TokenCache(capacity);
        for (const use of uses) {
          const known = cache.get(`token ${use}`);
          if (known === undefined) cache.set(`token ${use}`, token(`${use}`));
          else expect(known.identity.id).toBe(`${use}`);
        }
        const held = Array.from({ length: 51 }, (_, use) => cache.get(`token ${use}`) ?? []).flat();
        expect(held.length).toBeLessThanOrEqual(capacity);
      }),
    );
  });

  it("keeps what is in use while others come and go", () => {
    const cache = new TokenCache(10);
    cache.set("busy", token("busy"));
    for (let other = 0; other < 1_000; other++) {
      cache.set(`other ${other}`, token("other"));
      expect(cache.get("busy")?.identity.id).toBe("busy");
    }
    expect(cache.get("other 0")).toBeUndefined();
  });

  it("forgets what is deleted, whichever generation it is in", () => {
    const cache = new TokenCache(4);
    for (const name of ["a", "b", "c"]) cache.set(name, token(name));
    for (const name of ["a", "b", "c"]) {
      cache.delete(name);
      expect(cache.get(name)).toBeUndefined();
    }
  });
});
