import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBase62 } from "../../../src/identity/api-key/base62.ts";
import { checksum } from "../../../src/identity/api-key/checksum.ts";
import { generateKey, KEY_PREFIX, maybeKey } from "../../../src/identity/api-key/format.ts";
import { hashKey } from "../../../src/identity/api-key/hash.ts";

const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const prefixes = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(_[a-z0-9]{1,6}){0,2}$/);

describe("the checksum", () => {
  it("is CRC-32: the check value of its catalogue, in base62", () => {
    // 0xCBF43926 for "123456789".
    let value = 0;
    for (const digit of checksum("123456789")) value = value * 62 + DIGITS.indexOf(digit);
    expect(value).toBe(0xcbf43926);
    expect(checksum("")).toBe("000000");
  });
});

describe("a generated key", () => {
  it("is prefix, 24 random digits and a checksum", () => {
    expect(generateKey("shop_live", random)).toMatch(/^shop_live_[0-9A-Za-z]{24}_[0-9A-Za-z]{6}$/);
    const many = new Set(Array.from({ length: 1_000 }, () => generateKey("k", random)));
    expect(many.size).toBe(1_000);
  });

  it("is recognised under its own prefix and no other, whatever these are", () => {
    fc.assert(
      fc.property(prefixes, prefixes, (prefix, other) => {
        const key = generateKey(prefix, random);
        expect(maybeKey(key, prefix)).toBe(true);
        fc.pre(!key.startsWith(`${other}_`));
        expect(maybeKey(key, other)).toBe(false);
      }),
    );
  });

  it("is none any more once any one character has changed, been dropped or been doubled", () => {
    const key = generateKey("shop_live", random);
    for (let at = 0; at < key.length; at++) {
      const [head, character, tail] = [key.slice(0, at), key.charAt(at), key.slice(at + 1)];
      for (const other of ["0", "z", "_", "-"]) {
        if (other !== character) expect(maybeKey(head + other + tail, "shop_live")).toBe(false);
      }
      expect(maybeKey(head + tail, "shop_live")).toBe(false);
      expect(maybeKey(head + character + character + tail, "shop_live")).toBe(false);
    }
  });

  it("takes each digit as often as any other", () => {
    // Every byte value once: 248 of them are used, four for each digit.
    const every = (bytes: Uint8Array) => bytes.map((_, index) => index);
    const digits = randomBase62(256, every).slice(0, 248);
    const counts = [...DIGITS].map((digit) => digits.split(digit).length - 1);
    expect(counts).toEqual(Array.from({ length: 62 }, () => 4));
  });
});

describe("what may be a key", () => {
  const summed = (body: string) => `${body}_${checksum(body)}`;

  it("is whatever bears a right checksum, be it malformed otherwise: only the registry knows it is none", () => {
    for (const body of ["shop_x", "shop_$%&", `shop_${"a".repeat(60)}`]) {
      expect(maybeKey(summed(body), "shop")).toBe(true);
    }
  });

  it("is nothing that is empty, too long, not visible ASCII or of another prefix", () => {
    const texts = ["", "_", "shop_", "shop_______", summed("shop"), summed("shop_"), summed("shops_a")];
    const others = [summed(`shop_${"a".repeat(200)}`), summed("shop_a b"), summed("shop_é"), "shop_\u0000"];
    for (const text of [...texts, ...others]) expect([text, maybeKey(text, "shop")]).toEqual([text, false]);
  });

  it("is never a text without a checksum, and never makes it throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(maybeKey(text, "shop")).toBe(false);
        expect(maybeKey(`shop_${text}`, "shop")).toBe(false);
      }),
    );
  });
});

describe("a prefix", () => {
  it("is made of words of lower-case letters and digits", () => {
    for (const good of ["shop", "shop_live", "a1_b2_c3"]) expect(KEY_PREFIX.test(good)).toBe(true);
    for (const bad of ["", "_", "Shop", "shop_", "shop__live", "1shop", "shop-live", "a".repeat(33)]) {
      expect([bad, KEY_PREFIX.test(bad)]).toEqual([bad, false]);
    }
  });
});

describe("the hash of a key", () => {
  it("is SHA-256 of all of it, in hex", async () => {
    // FIPS 180-2, appendix B.1.
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(await hashKey("abc")).toBe(abc);
  });
});
