import { describe, expect, it } from "vitest";
import {
  answered,
  arrive,
  askDeadlineMs,
  charge,
  expiryOf,
  failed,
  giveBack,
  nextAsk,
  openLease,
  settle,
} from "../../src/leases/lease.ts";
import { checkAsk } from "../../src/stores/counters/asked.ts";

const WINDOW = 60_000;
const granted = { tokens: 5, ttlMs: 30_000, left: 100, resetMs: 30_000, period: 1, crowded: false };

/** A lease that was asked for at 0 and answered at 40. */
function leased(grant = granted) {
  const lease = openLease(WINDOW);
  expect(arrive(lease, 0)).toBe("wait");
  const { id } = nextAsk(lease, 0, 1)!;
  answered(lease, id, grant, 40);
  return lease;
}

describe("a lease", () => {
  it("has a request wait for the ask under way, and asks once", () => {
    const lease = openLease(WINDOW);
    expect(arrive(lease, 0)).toBe("wait");
    expect(nextAsk(lease, 0, 1)?.ask.want).toBe(1);
    expect(arrive(lease, 1)).toBe("wait");
    expect(nextAsk(lease, 1, 2)).toBeUndefined();
  });

  it("ends as long after its ask was sent as the store has said", () => {
    const lease = leased();
    expect(settle(lease, 29_999)).toBe("spend");
    expect(settle(lease, 30_000)).toBe("wait");
  });

  it("is given up where the clock goes back", () => {
    const lease = leased();
    expect(settle(lease, 41)).toBe("spend");
    expect(settle(lease, 39)).toBe("wait");
  });

  it("refuses by itself until the store may hold tokens again", () => {
    const lease = leased({ ...granted, tokens: 1, left: 0, resetMs: 20_000 });
    expect(settle(lease, 40)).toBe("spend");
    expect(settle(lease, 40)).toBe("refuse");
    expect(nextAsk(lease, 19_999, 1)).toBeUndefined();
    expect(settle(lease, 20_000)).toBe("wait");
  });

  it("spends the units of a request all or none, from more than one answer", () => {
    const lease = leased({ ...granted, tokens: 3 });
    expect(arrive(lease, 50, 4)).toBe("wait");
    const next = nextAsk(lease, 50, 4)!;
    expect(next.ask).toMatchObject({ want: 1, held: 3 });
    answered(lease, next.id, { ...granted, tokens: 2 }, 60);
    expect([settle(lease, 60, 4), settle(lease, 60, 1), settle(lease, 60, 1)]).toEqual([
      "spend",
      "spend",
      "wait",
    ]);
  });

  it("takes units back for as long as they could be spent, and no longer", () => {
    const lease = leased({ ...granted, tokens: 1 });
    const until = expiryOf(lease, 40)!;
    expect(settle(lease, 50)).toBe("spend");
    giveBack(lease, 1, until, 60);
    expect(settle(lease, until - 1)).toBe("spend");
    giveBack(lease, 1, until, until);
    expect(settle(lease, until)).toBe("wait");
  });

  it("takes units back that came from a later answer than one that has expired", () => {
    const lease = leased({ ...granted, tokens: 2, ttlMs: 1_000 });
    const next = arrive(lease, 900, 3) === "wait" ? nextAsk(lease, 900, 3, 3)! : undefined;
    answered(lease, next!.id, { ...granted, tokens: 3 }, 1_100);
    const until = expiryOf(lease, 1_100)!;
    expect(settle(lease, 1_100, 3)).toBe("spend");
    giveBack(lease, 3, until, 1_200);
    expect(settle(lease, 1_200, 3)).toBe("spend");
  });

  it("refuses by itself what needs more than the store has said to hold, and asks for what needs less", () => {
    const lease = openLease(WINDOW);
    expect(arrive(lease, 0, 8)).toBe("wait");
    const { id, ask } = nextAsk(lease, 0, 8, 8)!;
    expect(ask).toMatchObject({ want: 8, least: 8 });
    answered(lease, id, { ...granted, tokens: 0, left: 5, resetMs: 20_000 }, 40);
    expect([settle(lease, 40, 8), settle(lease, 40, 9), settle(lease, 40, 5)]).toEqual([
      "refuse",
      "refuse",
      "wait",
    ]);
    expect(nextAsk(lease, 40, 16, 8)).toBeUndefined();
    expect(nextAsk(lease, 40, 5, 5)?.ask).toMatchObject({ want: 5, least: 5 });
    expect(settle(lease, 20_000, 8)).toBe("wait");
  });

  it("tells the store of no more than it takes, however much was used", () => {
    const lease = leased({ ...granted, tokens: 1 });
    for (let n = 0; n < 100; n++) charge(lease, 100_000_000, 50);
    const { ask } = nextAsk(lease, 50, 0)!;
    expect(() =>
      checkAsk(ask, { algorithm: "fixedWindow", limit: 10, windowMs: WINDOW, burst: 10 }),
    ).not.toThrow();
  });

  it("tells the store of what was used and not granted until it has confirmed it", () => {
    const lease = leased({ ...granted, tokens: 2 });
    charge(lease, 5, 50);
    const lost = nextAsk(lease, 50, 0)!;
    expect(lost.ask).toMatchObject({ owed: 3, held: 0 });
    charge(lease, 1, 60);
    failed(lease, lost.id, 600);
    const next = nextAsk(lease, 5_000, 0)!;
    expect(next.ask.owed).toBe(4);
    charge(lease, 2, 5_010);
    answered(lease, next.id, { ...granted, tokens: 0, left: 0 }, 5_020);
    expect(nextAsk(lease, 5_999, 0)).toBeUndefined();
    expect(nextAsk(lease, 6_000, 0)?.ask.owed).toBe(2);
  });

  it("lets some through that are owed for, where it may, but not after an answer that brought nothing", () => {
    const lease = openLease(WINDOW, 2);
    expect([arrive(lease, 0), arrive(lease, 0), arrive(lease, 0)]).toEqual(["spend", "spend", "wait"]);
    const { id, ask } = nextAsk(lease, 0, 1)!;
    expect(ask).toMatchObject({ want: 1, owed: 2 });
    answered(lease, id, { ...granted, tokens: 1 }, 40);
    expect([settle(lease, 40), settle(lease, 40)]).toEqual(["spend", "spend"]);
    const next = nextAsk(lease, 40, 0)!;
    answered(lease, next.id, { ...granted, tokens: 0, left: 0, resetMs: 1_000 }, 80);
    expect([settle(lease, 80), settle(lease, 2_000)]).toEqual(["refuse", "wait"]);
  });

  it("asks before it has run out where a round trip is longer than what it holds lasts", () => {
    const lease = leased({ ...granted, tokens: 40 });
    for (let now = 41; now < 70; now++) expect(arrive(lease, now)).toBe("spend");
    expect(nextAsk(lease, 70, 0)?.ask).toMatchObject({ want: 0, held: 11 });
  });

  it("waits a second for the first answer, and after that as long as round trips tell", () => {
    expect(askDeadlineMs(openLease(WINDOW))).toBe(1_000);
    expect(askDeadlineMs(leased())).toBe(500);
  });

  it("leaves a store alone that gives no answer, for twice as long each time", () => {
    const lease = openLease(WINDOW);
    let now = 0;
    for (const pause of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      expect(arrive(lease, now)).toBe("wait");
      const { id } = nextAsk(lease, now, 1)!;
      now += 1_000;
      failed(lease, id, now);
      expect(settle(lease, now)).toBe("down");
      expect(settle(lease, now + pause - 1)).toBe("down");
      answered(lease, id, granted, now + pause - 1);
      now += pause;
      expect(settle(lease, now)).toBe("wait");
    }
  });
});
