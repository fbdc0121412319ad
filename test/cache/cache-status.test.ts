import { expect, it } from "vitest";
import { type CacheOutcome, formatCacheStatus } from "../../src/cache/cache-status.ts";

const table: Array<[CacheOutcome, string]> = [
  [{ hit: true, ttl: 30 }, "isogate; hit; ttl=30"],
  [
    { hit: true, ttl: -5, detail: "stale-while-revalidate" },
    "isogate; hit; ttl=-5; detail=stale-while-revalidate",
  ],
  [{ forwarded: "miss", stored: true }, "isogate; fwd=miss; stored"],
  [{ forwarded: "miss", stored: false }, "isogate; fwd=miss"],
  [{ forwarded: "bypass" }, "isogate; fwd=bypass"],
  [{ forwarded: "stale", status: 304, stored: true }, "isogate; fwd=stale; fwd-status=304; stored"],
  [
    { forwarded: "stale", status: 503, ttl: -20, detail: "stale-if-error" },
    "isogate; fwd=stale; fwd-status=503; ttl=-20; detail=stale-if-error",
  ],
];

it.each(table)("%o is written as %s", (outcome, expected) => {
  expect(formatCacheStatus(outcome)).toBe(expected);
});
