import { beforeEach, describe, expect, it, vi } from "vitest";
import { RefusalError, refuse } from "../../../src/errors/refusal.ts";
import { type Grant, type Token, TokenSource } from "../../../src/upstream/oauth/token-source.ts";
import { contextOf, NOW, refusalOf } from "../support.ts";

const MINUTE = 60_000;
let now: number;
beforeEach(() => {
  now = NOW;
});

/** A source whose authorization server the test plays. */
function source(obtain: (number: number) => Promise<Grant>, random = () => 0) {
  let asked = 0;
  const made = new TokenSource({ now: () => now, random, obtain: () => obtain(++asked) });
  const { ctx, pending } = contextOf({ now: () => now, deadline: 60 * MINUTE });
  const settled = async () => {
    while (pending.length > 0) await pending.shift();
  };
  return {
    get: async () => (await made.get(ctx)).value,
    now: () => made.get(ctx),
    renew: (token: Token) => made.renew(token, ctx),
    refused: () => refusalOf(() => made.get(ctx)),
    settled,
    asked: () => asked,
  };
}

const granting = (lifetime: number) => async (number: number) => ({ value: `token-${number}`, lifetime });
const down = async () => {
  throw new RefusalError(refuse("upstream-credential-unavailable", { cause: "down" }));
};

describe("a token", () => {
  it("is obtained once for all who need it", async () => {
    const { get, asked } = source(granting(10 * MINUTE));
    const all = await Promise.all(Array.from({ length: 50 }, get));
    expect([new Set(all), asked()]).toEqual([new Set(["token-1"]), 1]);
  });

  it("costs nothing while it is young: no promise, no call", async () => {
    const { get, now: at, asked } = source(granting(10 * MINUTE));
    await get();
    now += 5 * MINUTE;
    expect(at()).toMatchObject({ value: "token-1" });
    expect(asked()).toBe(1);
  });

  it("is renewed behind the requests before it ends", async () => {
    const { get, now: at, asked, settled } = source(granting(10 * MINUTE));
    await get();
    now += 8 * MINUTE;
    expect(at()).toMatchObject({ value: "token-1" });
    expect(at()).toMatchObject({ value: "token-1" });
    await settled();
    expect(asked()).toBe(2);
    expect(at()).toMatchObject({ value: "token-2" });
  });

  it("is renewed by each isolate at a moment of its own", async () => {
    const at = async (random: number) => {
      const { now: token } = source(granting(10 * MINUTE), () => random);
      return ((await token()).renewAt - now) / MINUTE;
    };
    expect(await at(0)).toBeCloseTo(7.83, 1);
    expect(await at(0.999)).toBeCloseTo(5.83, 1);
  });

  it("is not used in its last seconds: it would have ended before it arrived", async () => {
    const { get } = source(granting(10 * MINUTE));
    await get();
    now += 10 * MINUTE - 9_000;
    expect(await get()).toBe("token-2");
  });

  it("that has ended before it came is none, and asked for no more than once", async () => {
    const { refused, asked } = source(granting(0));
    expect((await refused()).code).toBe("upstream-credential-unavailable");
    expect(asked()).toBe(1);
  });
});

describe("an authorization server that fails", () => {
  it("is asked again after growing pauses, and nobody waits in between", async () => {
    const { refused, asked } = source(down);
    const times: number[] = [];
    for (let at = 0; at <= 31_000; at += 500) {
      now = NOW + at;
      const before = asked();
      expect((await refused()).code).toBe("upstream-credential-unavailable");
      if (asked() > before) times.push(at);
    }
    expect(times).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
  });

  it("does no harm while the old token holds", async () => {
    let works = true;
    const { get, settled, refused } = source((number) => (works ? granting(10 * MINUTE)(number) : down()));
    await get();
    works = false;
    for (const minutes of [8, 0.5, 0.5, 0.5]) {
      now += minutes * MINUTE;
      expect(await get()).toBe("token-1");
      await settled();
    }
    now += MINUTE;
    expect((await refused()).cause).toBe("down");
    works = true;
    now += 2 * MINUTE;
    expect(await get()).toMatch(/^token-/);
  });

  it("tells when to come again", async () => {
    const { now: token, get } = source(down);
    await get().catch(() => {});
    now += 200;
    const error = await Promise.resolve(token()).catch((reason: unknown) => reason);
    if (!(error instanceof RefusalError)) throw new Error("was not refused");
    expect(error.refusal.details.headers).toEqual([["retry-after", "1"]]);
  });

  it("keeps nobody longer than the time it has", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const made = new TokenSource({ now: () => now, random: () => 0, obtain: () => new Promise(() => {}) });
      const call = refusalOf(() => made.get(contextOf({ now: () => now, deadline: 300 }).ctx));
      now += 300;
      await vi.advanceTimersByTimeAsync(300);
      expect((await call).code).toBe("deadline-exceeded");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a token that the origin refuses", () => {
  it("is renewed once for all who were refused with it", async () => {
    const { now: token, renew, asked } = source(granting(10 * MINUTE));
    const first = await token();
    expect(await Promise.all(Array.from({ length: 20 }, () => renew(first)))).toEqual(Array(20).fill(true));
    expect(asked()).toBe(2);
  });

  it("again and again does not have the server asked each time", async () => {
    const { now: token, renew, asked } = source(granting(60 * MINUTE));
    for (let at = 0; at < 20_000; at += 100) {
      now = NOW + at;
      await renew(await token());
    }
    expect(asked()).toBeLessThan(9);
  });

  it("after a long calm is renewed at once, as at first", async () => {
    const { now: token, renew } = source(granting(600 * MINUTE));
    for (let tries = 0; tries < 6; tries++) await renew(await token());
    expect(await renew(await token())).toBe(false);
    now += 10 * MINUTE;
    expect(await renew(await token())).toBe(true);
    expect(await renew(await token())).toBe(true);
  });

  it("is a failure where no new one is to be had", async () => {
    let works = true;
    const { now: token, renew } = source((number) => (works ? granting(MINUTE)(number) : down()));
    const first = await token();
    works = false;
    expect((await refusalOf(() => renew(first))).code).toBe("upstream-credential-unavailable");
  });
});
