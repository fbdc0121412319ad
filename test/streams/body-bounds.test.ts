import { describe, expect, it } from "vitest";
import { cutAt, cutReason } from "../../src/streams/body-bounds.ts";

const end = { at: 5_000, reason: "longest duration reached", expiry: false };

describe("a body", () => {
  it("is cut when no byte has moved for as long as may be", () => {
    expect(cutAt({ idle: 100, end }, { waitingFor: "upstream", movedAt: 1_000 })).toBe(1_100);
    expect(cutAt({ idle: Number.POSITIVE_INFINITY, end }, { waitingFor: "client", movedAt: 1_000 })).toBe(
      5_000,
    );
  });

  it("is cut by whoever has kept it waiting", () => {
    const at = (waitingFor: "upstream" | "client") =>
      cutReason({ idle: 100, end }, { waitingFor, movedAt: 1_000 });
    expect(at("upstream")).toEqual({
      reason: "nothing came from the upstream for 100 ms",
      fault: "upstream",
    });
    expect(at("client")).toEqual({ reason: "the client took nothing for 100 ms", fault: "client" });
  });

  it("is cut by nobody where its time is over", () => {
    const bounds = { idle: 100, end };
    expect(cutAt(bounds, { waitingFor: "upstream", movedAt: 4_950 })).toBe(5_000);
    expect(cutReason(bounds, { waitingFor: "upstream", movedAt: 4_950 })).toEqual({ reason: end.reason });
  });
});
