import { describe, expect, it, vi } from "vitest";
import { createKeySets } from "../../src/identity/key-sets.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";

describe("the key sets of an isolate", () => {
  it("are one for each place that keys come from", () => {
    const { open } = createKeySets({ now: () => 0, fetchKeySet: vi.fn() });
    const upstream = (name: string): Upstream => ({ name, send: vi.fn() });
    expect(open({ url: "https://a.example/keys" })).toBe(open({ url: "https://a.example/keys" }));
    expect(open({ url: "https://a.example/keys" })).not.toBe(open({ url: "https://b.example/keys" }));
    const keys = open({ upstream: upstream("a"), path: "/keys" });
    expect(open({ upstream: upstream("a"), path: "/keys" })).toBe(keys);
    expect(open({ upstream: upstream("b"), path: "/keys" })).not.toBe(keys);
    expect(open({ upstream: upstream("a"), path: "/other" })).not.toBe(keys);
  });
});
