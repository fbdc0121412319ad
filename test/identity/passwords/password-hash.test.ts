import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derive, hashPassword } from "../../../src/identity/passwords/derive.ts";
import {
  formatPasswordHash,
  type PasswordHash,
  parsePasswordHash,
} from "../../../src/identity/passwords/password-hash.ts";

const salt = "AAAAAAAAAAAAAAAAAAAAAA";
const hash = "A".repeat(43);

describe("a password hash", () => {
  it("is read as it was written", () => {
    const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
    const any = fc.oneof(
      ...(["SHA-256", "SHA-512"] as const).map((algorithm) => {
        const length = Number(algorithm.slice(4)) / 8;
        return fc.record({
          algorithm: fc.constant(algorithm),
          iterations: fc.integer({ min: 10_000, max: 100_000 }),
          salt: bytes(16, 64),
          hash: bytes(length, length),
        });
      }),
    );
    fc.assert(
      fc.property(any, (each) => void expect(parsePasswordHash(formatPasswordHash(each))).toEqual(each)),
    );
  });

  it("may end with the line that it stood on", () => {
    expect(parsePasswordHash(`$pbkdf2-sha256$i=10000$${salt}$${hash}\n`)).toMatchObject({
      iterations: 10_000,
    });
  });

  it.each([
    ["", "form"],
    ["password", "form"],
    [`$pbkdf2-sha1$i=100000$${salt}$${hash}`, "form"],
    [`$pbkdf2-sha256$i=0100000$${salt}$${hash}`, "form"],
    [`$pbkdf2-sha256$100000$${salt}$${hash}`, "form"],
    [`$pbkdf2-sha256$i=100000$${salt}$${hash}$x`, "form"],
    [`$pbkdf2-sha256$i=100000$${salt}=$${hash}`, "form"],
    [`$pbkdf2-sha256$i=9999$${salt}$${hash}`, "iterations"],
    [`$pbkdf2-sha256$i=100001$${salt}$${hash}`, "iterations"],
    [`$pbkdf2-sha256$i=100000$AAAA$${hash}`, "salt"],
    [`$pbkdf2-sha256$i=100000$${"A".repeat(100)}$${hash}`, "salt"],
    [`$pbkdf2-sha256$i=100000$${salt}$${hash.slice(0, -2)}`, "hash"],
    [`$pbkdf2-sha512$i=100000$${salt}$${hash}`, "hash"],
  ])("%j is none, for a reason", (text, reason) => {
    expect(parsePasswordHash(text)).toContain(reason);
  });
});

describe("hashing", () => {
  const cost = { algorithm: "SHA-256", iterations: 10_000 } as const;
  const zeros = (bytes: Uint8Array) => bytes.fill(0);
  const hex = (bytes: Uint8Array | ArrayBuffer) =>
    [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // RFC 7914 §11, and the widely published SHA-512 vector of "passwordPASSWORDpassword".
  it.each([
    [
      "SHA-256",
      "Password",
      "NaCl",
      80_000,
      "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56" +
        "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
    ],
    [
      "SHA-512",
      "passwordPASSWORDpassword",
      "saltSALTsaltSALTsaltSALTsaltSALTsalt",
      4_096,
      "8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71" +
        "115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8",
    ],
  ] as const)(
    "with %s is what the published vector says",
    async (algorithm, password, text, iterations, want) => {
      const blank = { algorithm, iterations, salt: new TextEncoder().encode(text), hash: new Uint8Array(64) };
      expect(hex(await derive(password, blank))).toBe(want);
    },
  );

  it("depends on password and salt", async () => {
    let count = 0;
    const counted = (bytes: Uint8Array) => bytes.fill(++count);
    const of = async (password: string, random = zeros) =>
      hex((await hashPassword(password, cost, random)).hash);
    expect(await of("a")).toBe(await of("a"));
    expect(await of("a")).not.toBe(await of("b"));
    expect(await of("a", counted)).not.toBe(await of("a", counted));
    const long = await hashPassword("a", { ...cost, algorithm: "SHA-512" }, zeros);
    expect([long.salt.length, long.hash.length]).toEqual([16, 64]);
  });

  it("takes composed and decomposed characters for the same", async () => {
    const made: PasswordHash = await hashPassword("caf\u00e9", cost, zeros);
    expect(hex(await derive("cafe\u0301", made))).toBe(hex(made.hash));
  });
});
