import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spreadWait } from "../../src/limits/spread-wait.ts";

const constantly = (byte: number) => (bytes: Uint8Array) => bytes.fill(byte);

describe("spreadWait", () => {
  it.each([
    [1, 1],
    [2, 3],
    [9, 10],
    [20, 22],
    [61, 67],
    [86_400, 95_040],
  ])("makes %d s at most %d s", (seconds, longest) => {
    expect(spreadWait(seconds, constantly(0))).toBe(seconds);
    expect(spreadWait(seconds, constantly(255))).toBe(longest);
  });

  it("never comes out earlier, nor more than a tenth or a second later, in whole seconds", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.uint8Array({ minLength: 2, maxLength: 2 }),
      (seconds, random) => {
        const wait = spreadWait(seconds, (bytes) => {
          bytes.set(random);
          return bytes;
        });
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(seconds);
        expect(wait).toBeLessThanOrEqual(seconds + Math.max(1, seconds / 10));
      },
    );
    fc.assert(property);
  });

  it("uses every second of the tenth about as often", () => {
    const counts = new Map<number, number>();
    for (let high = 0; high < 256; high++) {
      for (let low = 0; low < 256; low += 16) {
        const wait = spreadWait(60, (bytes) => {
          bytes.set([high, low]);
          return bytes;
        });
        counts.set(wait, (counts.get(wait) ?? 0) + 1);
      }
    }
    expect([...counts.keys()].toSorted()).toEqual([60, 61, 62, 63, 64, 65, 66]);
    const each = (256 * 16) / 7;
    for (const count of counts.values()) expect(Math.abs(count - each)).toBeLessThan(5);
  });
});
