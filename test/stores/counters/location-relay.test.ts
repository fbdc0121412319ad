import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ask, Grant } from "../../../src/leases/message.ts";
import type { Allowance } from "../../../src/stores/counters/counter-store.ts";
import { LocationRelay } from "../../../src/stores/counters/location-relay.ts";
import { UNKNOWN } from "../../contract/asks.ts";

const allowance: Allowance = { algorithm: "fixedWindow", limit: 100, windowMs: 60_000, burst: 100 };
const grantOf = (tokens: number, left = 50): Grant => {
  return { tokens, ttlMs: 30_000, left, resetMs: 30_000, period: 7, crowded: false };
};

describe("a relay", () => {
  let asks: Array<{ ask: Ask; answer: (granted: Grant) => void; fail: () => void }>;
  let relay: LocationRelay;
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    asks = [];
    const upstream = (_: Allowance, ask: Ask) =>
      new Promise<Grant>((resolve, reject) => {
        asks.push({ ask, answer: resolve, fail: () => reject(new Error("reset")) });
      });
    relay = new LocationRelay(allowance, upstream, Date.now);
  });
  afterEach(() => void vi.useRealTimers());
  const settled = () => vi.advanceTimersByTimeAsync(0);

  it("asks once for all who wait, and shares out what it is granted", async () => {
    const answers = [1, 2, 3].map((want) => relay.ask(allowance, { ...UNKNOWN, want }));
    expect(asks).toHaveLength(1);
    asks[0]!.answer(grantOf(1));
    await settled();
    // Those who came while it asked are asked for together.
    expect(asks[1]!.ask.want).toBe(5);
    asks[1]!.answer(grantOf(20));
    const tokens = (await Promise.all(answers)).map((each) => each?.tokens ?? 0);
    for (const [index, each] of tokens.entries()) expect(each).toBeGreaterThan(index);
    expect(tokens.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(21);
  });

  it("answers from what it holds without asking again", async () => {
    const first = relay.ask(allowance, UNKNOWN);
    asks[0]!.answer(grantOf(40));
    const tokens = (await first)?.tokens;
    expect(tokens).toBeLessThan(39);
    expect((await relay.ask(allowance, UNKNOWN))?.tokens).toBeGreaterThan(0);
    expect(asks).toHaveLength(1);
  });

  it("lets nothing be spent for longer than it may itself", async () => {
    const first = relay.ask(allowance, UNKNOWN);
    await vi.advanceTimersByTimeAsync(400);
    asks[0]!.answer(grantOf(40));
    await first;
    await vi.advanceTimersByTimeAsync(9_600);
    expect((await relay.ask(allowance, UNKNOWN))?.ttlMs).toBe(20_000);
  });

  it.each(["fails", "hangs"])(
    "tells all who wait when the counter %s, and those who come at once",
    async (how) => {
      const refused = [1, 2].map((want) => relay.ask(allowance, { ...UNKNOWN, want }));
      if (how === "fails") asks[0]!.fail();
      else await vi.advanceTimersByTimeAsync(1_000);
      expect(await Promise.all(refused)).toEqual([undefined, undefined]);
      expect(await relay.ask(allowance, UNKNOWN)).toBeUndefined();
      expect(asks).toHaveLength(1);
      // It tries again after a pause.
      await vi.advanceTimersByTimeAsync(1_001);
      const again = relay.ask(allowance, UNKNOWN);
      asks[1]!.answer(grantOf(5));
      expect((await again)?.tokens).toBeGreaterThan(0);
    },
  );

  it("passes on what is owed at once, and once where it had to be said again", async () => {
    const owing = { ...UNKNOWN, owed: 7 };
    const first = relay.ask(allowance, owing);
    expect(asks[0]!.ask.owed).toBe(7);
    asks[0]!.fail();
    expect(await first).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_001);
    const again = relay.ask(allowance, owing);
    expect(asks[1]!.ask.owed).toBe(7);
    asks[1]!.answer(grantOf(5));
    await again;
    await relay.ask(allowance, { ...UNKNOWN, want: 0, owed: 2 });
    expect(asks[2]!.ask.owed).toBe(2);
  });

  it("says that the counter is empty, and until when", async () => {
    const first = relay.ask(allowance, { ...UNKNOWN, want: 5 });
    asks[0]!.answer(grantOf(2, 0));
    expect(await first).toMatchObject({ tokens: 2, left: 0, resetMs: 30_000 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await relay.ask(allowance, UNKNOWN))?.toMatchObject({ tokens: 0, left: 0, resetMs: 20_000 });
    expect(asks).toHaveLength(1);
  });

  it("grants nothing to who has waited for so long that nobody listens any more", async () => {
    const relieved = relay.ask(allowance, { ...UNKNOWN, want: 3 });
    await vi.advanceTimersByTimeAsync(900);
    asks[0]!.answer(grantOf(1));
    await settled();
    await vi.advanceTimersByTimeAsync(200);
    asks[1]!.answer(grantOf(10));
    expect(await relieved).toBeUndefined();
    // It is there for others.
    expect((await relay.ask(allowance, { ...UNKNOWN, want: 11 }))?.tokens).toBe(11);
  });
});
