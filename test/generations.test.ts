import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Generations } from "../src/generations.ts";

describe("a bounded map of two generations", () => {
  it("never holds more than its capacity, and never gives one key's value for another", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.nat({ max: 50 })), (capacity, uses) => {
        const cache = new Generations<string>(capacity);
        for (const use of uses) {
          const known = cache.get(`key ${use}`);
          if (known === undefined) cache.set(`key ${use}`, `value ${use}`);
          else expect(known).toBe(`value ${use}`);
        }
        const held = Array.from({ length: 51 }, (_, use) => cache.get(`key ${use}`) ?? []).flat();
        expect(held.length).toBeLessThanOrEqual(capacity);
      }),
    );
  });

  it("keeps what is in use while others come and go", () => {
    const cache = new Generations<string>(10);
    cache.set("busy", "busy");
    for (let other = 0; other < 1_000; other++) {
      cache.set(`other ${other}`, "other");
      expect(cache.get("busy")).toBe("busy");
    }
    expect(cache.get("other 0")).toBeUndefined();
  });

  it("forgets what is deleted, whichever generation it is in", () => {
    const cache = new Generations<string>(4);
    for (const name of ["a", "b", "c"]) cache.set(name, name);
    for (const name of ["a", "b", "c"]) {
      cache.delete(name);
      expect(cache.get(name)).toBeUndefined();
    }
  });

  it("gives all that it holds, and nothing once it is cleared", () => {
    const cache = new Generations<string>(4);
    for (const name of ["a", "b", "c"]) cache.set(name, name);
    expect([...cache.values()].sort()).toEqual(["a", "b", "c"]);
    cache.clear();
    expect([...cache.values()]).toEqual([]);
    expect(cache.get("c")).toBeUndefined();
  });
});
