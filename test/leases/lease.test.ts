import { describe, expect, it } from "vitest";
import {
  answered,
  arrive,
  askDeadlineMs,
  failed,
  nextAsk,
  openLease,
  settle,
} from "../../src/leases/lease.ts";

const WINDOW = 60_000;
const granted = { tokens: 5, ttlMs: 30_000, retryAfterMs: 0, period: 1 };

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
    const lease = leased({ ...granted, tokens: 1, retryAfterMs: 20_000 });
    expect(settle(lease, 40)).toBe("spend");
    expect(settle(lease, 40)).toBe("refuse");
    expect(nextAsk(lease, 19_999, 1)).toBeUndefined();
    expect(settle(lease, 20_000)).toBe("wait");
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
