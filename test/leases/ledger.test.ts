import { describe, expect, it } from "vitest";
import { fixedPool } from "../../src/leases/fixed-pool.ts";
import { grant, openLedger } from "../../src/leases/ledger.ts";
import type { Ask } from "../../src/leases/message.ts";

const WINDOW = 60_000;
const unknown: Ask = { want: 1, least: 1, owed: 0, rate: 0, seen: 0, span: 0, held: 0, before: undefined };
const watched = (rate: number, seen: number): Ask => ({ ...unknown, rate, seen, span: seen / rate });

function ledger(limit: number) {
  const pool = fixedPool(limit, WINDOW);
  const state = openLedger(pool);
  return (ask: Ask, now: number) => grant(state, pool, ask, now);
}

describe("a ledger", () => {
  it("grants a few tokens to whom it knows nothing of", () => {
    expect(ledger(1_000)(unknown, 0).tokens).toBe(3);
    expect(ledger(45)(unknown, 0).tokens).toBe(2);
    expect(ledger(5)(unknown, 0).tokens).toBe(1);
  });

  it("grants the need of the window where the limit will not be reached", () => {
    const { tokens, ttlMs } = ledger(10_000)(watched(0.001, 10), 10_000);
    expect(ttlMs).toBe(50_000);
    // 50 are expected; two deviations of a rate seen for ten requests are some 30 more.
    expect(tokens).toBeGreaterThan(50);
    expect(tokens).toBeLessThan(100);
  });

  it("grants the less the nearer the limit is", () => {
    const ask = ledger(1_000);
    const busy = watched(0.1, 50);
    const sizes = Array.from(
      { length: 30 },
      () => ask({ ...busy, before: { period: 0, rate: 0.1 } }, 1_000).tokens,
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(1_000);
    expect(sizes[1]).toBeGreaterThan(sizes[20]!);
  });

  it("says when an empty window is over, and grants the next one's tokens then", () => {
    const ask = ledger(2);
    expect(ask({ ...unknown, want: 5 }, 20_000)).toMatchObject({ tokens: 2, left: 0, resetMs: 40_000 });
    expect(ask(unknown, 30_000)).toMatchObject({ tokens: 0, left: 0, resetMs: 30_000 });
    expect(ask(unknown, 60_000)).toMatchObject({ tokens: 1, left: 1, ttlMs: 60_000 });
  });

  it("takes what is owed first, whether or not it is there", () => {
    const ask = ledger(10);
    expect(ask({ ...unknown, owed: 4 }, 0)).toMatchObject({ tokens: 1, left: 5 });
    expect(ask({ ...unknown, owed: 9 }, 0)).toMatchObject({ tokens: 0, left: 0, resetMs: 60_000 });
    expect(ask(unknown, 60_000)).toMatchObject({ tokens: 1, left: 9 });
  });

  it("says when many isolates ask, also as the next window begins", () => {
    const ask = ledger(10_000);
    const crowded = Array.from({ length: 64 }, (_, at) => ask(unknown, at).crowded);
    expect([crowded.indexOf(true), ask(unknown, 60_000).crowded, ask(unknown, 180_000).crowded]).toEqual([
      63,
      true,
      false,
    ]);
  });

  it("frees nothing where its clock goes back", () => {
    const ask = ledger(2);
    ask({ ...unknown, want: 2 }, 61_000);
    expect(ask(unknown, 59_000).tokens).toBe(0);
  });
});
