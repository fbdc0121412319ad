import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  brokenBy,
  closeAtEnd,
  endsAt,
  MessageAllowance,
  passedOn,
  sizeOf,
} from "../../src/streams/socket-rules.ts";

const NEVER = { at: Number.POSITIVE_INFINITY, reason: "credential expired", expiry: true };
const ANY = Number.POSITIVE_INFINITY;
const limits = { maxMessage: ANY, maxBytes: ANY, messagesPerSecond: ANY };

describe("what the other side is told", () => {
  it.each([1000, 1001, 1003, 1008, 1011, 3000, 4999])("of a close with %i is the same", (code) => {
    expect(passedOn(code, "why", "client")).toEqual({ code, reason: "why" });
    expect(passedOn(code, "", "upstream")).toEqual({ code, reason: "" });
  });

  it("of a close without a code is one without a code", () => {
    expect(passedOn(1005, "", "client")).toEqual({});
  });

  it.each([1004, 1006, 1015, 999, 5000])(
    "of an end with %i, which cannot be sent, says who has gone",
    (code) => {
      expect(passedOn(code, "x", "client")).toEqual({ code: 1001, reason: "the client has gone" });
      expect(passedOn(code, "x", "upstream")).toEqual({ code: 1011, reason: "the upstream has gone" });
    },
  );

  it("of a failure says whose it is", () => {
    expect(brokenBy("upstream")).toEqual({ code: 1011, reason: "the upstream's connection failed" });
  });
});

describe("the end of a connection", () => {
  it("comes with silence", () => {
    const bounds = { ...limits, idle: 100, end: NEVER };
    expect(endsAt(bounds, 1_000)).toBe(1_100);
    expect(closeAtEnd(bounds, 1_000)).toEqual({ code: 1001, reason: "idle" });
  });

  it.each([
    [true, 1008],
    [false, 1001],
  ])("comes with its time, though it is not silent (expiry %s)", (expiry, code) => {
    const bounds = { ...limits, idle: 100, end: { at: 1_050, reason: "over", expiry } };
    expect(endsAt(bounds, 1_000)).toBe(1_050);
    expect(closeAtEnd(bounds, 1_000)).toEqual({ code, reason: "over" });
  });
});

describe("an allowance of messages", () => {
  it("lets a second's worth pass at once, and then as many as time brings", () => {
    const allowance = new MessageAllowance(2, 0);
    expect([0, 0, 0, 499, 500, 501, 999, 1_000].map((now) => allowance.take(now))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  it("does not grow by silence", () => {
    const allowance = new MessageAllowance(1, 0);
    expect([60_000, 60_000].map((now) => allowance.take(now))).toEqual([true, false]);
  });

  it("never lets more pass than time and one second allow", () => {
    const gaps = fc.array(fc.nat({ max: 2_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), gaps, (perSecond, gaps) => {
        const allowance = new MessageAllowance(perSecond, 0);
        let now = 0;
        let passed = 0;
        for (const gap of gaps) {
          now += gap;
          if (allowance.take(now)) passed++;
        }
        return passed <= perSecond + (now / 1_000) * perSecond + 1e-6;
      }),
    );
  });

  it("may be without end", () => {
    const allowance = new MessageAllowance(Number.POSITIVE_INFINITY, 0);
    expect(Array.from({ length: 1_000 }, () => allowance.take(0)).every((allowed) => allowed)).toBe(true);
  });
});

it("a message has the size that it has on the wire", () => {
  expect(["", "abc", "é", "☕", "👍"].map(sizeOf)).toEqual([0, 3, 2, 3, 4]);
  expect(sizeOf(new ArrayBuffer(7))).toBe(7);
});
