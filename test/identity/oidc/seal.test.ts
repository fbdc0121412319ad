import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Seal } from "../../../src/identity/oidc/seal.ts";

const NEW = "a session secret of thirty-two bytes";
const OLD = "an older one of thirty-two bytes, too";
const random = (bytes: Uint8Array) => crypto.getRandomValues(bytes);
const sealOf = (...secrets: string[]) => new Seal(secrets, "owner", random);

describe("a sealed text", () => {
  it("opens to what it was, and is another each time", async () => {
    const seal = sealOf(NEW);
    const texts = ["", "x", "ü☕", "y".repeat(20_000)];
    for (const text of texts) expect(await seal.open(await seal.seal(text, "a"), "a")).toBe(text);
    expect(await seal.seal("x", "a")).not.toBe(await seal.seal("x", "a"));
    expect(await seal.seal("a session", "a")).toMatch(/^[\w-]+$/);
  });

  it("opens for no other purpose and with no other secret", async () => {
    const sealed = await sealOf(NEW).seal("x", "session");
    expect(await sealOf(NEW).open(sealed, "login")).toBeUndefined();
    expect(await sealOf(OLD).open(sealed, "session")).toBeUndefined();
    expect(await new Seal([NEW], "another", random).open(sealed, "session")).toBeUndefined();
  });

  it("opens with each of several secrets, and is sealed with the first", async () => {
    const before = await sealOf(OLD).seal("x", "a");
    expect(await sealOf(NEW, OLD).open(before, "a")).toBe("x");
    expect(await sealOf(NEW).open(await sealOf(NEW, OLD).seal("y", "a"), "a")).toBe("y");
  });

  it("does not open once anything of it is changed", async () => {
    const seal = sealOf(NEW);
    const sealed = await seal.seal("somebody", "a");
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.constantFrom("A", "b", "9", "_"), async (at, mark) => {
        const changed = sealed.slice(0, at) + mark + sealed.slice(at + 1);
        expect(await seal.open(changed, "a")).toBe(changed === sealed ? "somebody" : undefined);
      }),
      { numRuns: 200 },
    );
    for (const other of [
      "",
      "A",
      sealed.slice(1),
      sealed.slice(0, -4),
      `${sealed}AAAA`,
      `${sealed}=`,
      "💥",
    ]) {
      expect(await seal.open(other, "a")).toBeUndefined();
    }
  });

  it("leaves tokens that differ by text, purpose and secret", async () => {
    const tokens = [
      ...(await sealOf(NEW, OLD).tokens("1", "csrf")),
      ...(await sealOf(NEW).tokens("2", "csrf")),
      ...(await sealOf(NEW).tokens("1", "other")),
    ];
    expect(new Set(tokens).size).toBe(4);
    expect(await sealOf(NEW).tokens("1", "csrf")).toEqual([tokens[0]]);
  });
});
