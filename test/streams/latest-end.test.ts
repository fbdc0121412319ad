import { describe, expect, it } from "vitest";
import { latestEnd } from "../../src/streams/latest-end.ts";

describe("the latest end", () => {
  it.each([
    ["of nothing that ends", undefined, undefined, Number.POSITIVE_INFINITY],
    ["of a credential that never ends", {}, undefined, Number.POSITIVE_INFINITY],
  ])("%s is never", (_, identity, maxDuration, at) => {
    expect(latestEnd(identity, maxDuration, 1_000).at).toBe(at);
  });

  it("is the credential's or the longest duration's, whichever is earlier", () => {
    const expired = { reason: "credential expired", expiry: true };
    const lasted = { reason: "longest duration reached", expiry: false };
    expect(latestEnd({ expiresAt: 1_500 }, undefined, 1_000)).toEqual({ at: 1_500, ...expired });
    expect(latestEnd({ expiresAt: 1_500 }, 600, 1_000)).toEqual({ at: 1_500, ...expired });
    expect(latestEnd({ expiresAt: 1_500 }, 400, 1_000)).toEqual({ at: 1_400, ...lasted });
    expect(latestEnd(undefined, 400, 1_000)).toEqual({ at: 1_400, ...lasted });
  });
});
