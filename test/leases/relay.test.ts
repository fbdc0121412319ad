import { describe, expect, it } from "vitest";
import { answered, nextAsk } from "../../src/leases/lease.ts";
import type { Ask } from "../../src/leases/message.ts";
import { hear, openRelay, share } from "../../src/leases/relay.ts";

const WINDOW = 60_000;
const ask = (want: number): Ask => ({
  want,
  least: 1,
  owed: 0,
  rate: 0,
  seen: 0,
  span: 0,
  held: 0,
  before: undefined,
});

/** Has the relay ask for `want` at `now` and be granted that for so long. */
function stock(relay: ReturnType<typeof openRelay>, want: number, now: number, ttlMs: number, left = 100) {
  hear(relay, ask(want), now);
  const { id } = nextAsk(relay.lease, now, want)!;
  answered(relay.lease, id, { tokens: want, ttlMs, left, resetMs: ttlMs, period: 0, crowded: false }, now);
}

describe("a relay", () => {
  it("grants for no longer than any of its leases lasts", () => {
    const relay = openRelay(WINDOW, 1_000);
    stock(relay, 2, 0, 10_000);
    stock(relay, 8, 1_000, 20_000);
    expect(share(relay, ask(10), 1_000)).toMatchObject({ tokens: 10, ttlMs: 9_000 });
  });

  it("asks first where it holds too little", () => {
    const relay = openRelay(WINDOW, 1_000);
    stock(relay, 2, 0, 10_000);
    expect(share(relay, ask(3), 0)).toBeUndefined();
    expect(share(relay, ask(2), 0)).toMatchObject({ tokens: 2 });
    expect(share(relay, ask(1), 0)).toBeUndefined();
  });

  it("hands on that there is no more, and how long, once it holds nothing itself", () => {
    const relay = openRelay(WINDOW, 1_000);
    stock(relay, 5, 0, 10_000, 0);
    expect(share(relay, ask(1), 4_000)).toMatchObject({ tokens: 3, left: 2 });
    expect(share(relay, ask(3), 4_000)).toMatchObject({ tokens: 2, left: 0, resetMs: 6_000 });
    expect(share(relay, ask(1), 4_000)).toMatchObject({ tokens: 0, left: 0, resetMs: 6_000 });
    expect(share(relay, ask(1), 10_000)).toBeUndefined();
  });
});
