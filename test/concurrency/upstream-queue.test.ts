import { describe, expect, it, vi } from "vitest";
import { Budget } from "../../src/budget.ts";
import { create } from "../../src/concurrency/upstream-limit.ts";
import type { KeyedContext } from "../../src/context.ts";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import type { UpstreamRequest } from "../../src/upstream/upstream.ts";
import { aWhile, until } from "../support/until.ts";
import { FULL, held, limited, told } from "./limited-upstream.ts";

describe("who waits for a turn at an upstream", () => {
  const queue = { size: 10, wait: "10s" } as const;

  it("is not under way: what sheds counts only who has one, and judges them when they have it", async () => {
    const slow = held();
    const one = { start: 1, min: 1, max: 1 };
    const { begin } = limited({ limit: 1, queue }, slow, { shed: one });
    const four = Array.from({ length: 4 }, () => begin("/a"));
    for (let index = 0; index < 4; index++) {
      await slow.begun(1);
      slow.answer();
      expect((await four[index]!).status).toBe(200);
      await (await four[index]!).text();
    }

    const busy = held();
    const two = limited({ limit: 2, queue, until: "headers" }, busy, { shed: one });
    const first = two.begin("/a");
    await busy.begun(1);
    // There is a permit for it, which it gives back.
    for (let index = 0; index < 3; index++) expect(await told(two.begin("/a"))).toEqual(FULL);
    expect(two.lines.at(-1)).toMatchObject({ cause: "shop: 1 in flight, it can bear 1" });
    busy.answer();
    expect((await first).status).toBe(200);
  });

  it("takes none of the request's connections", async () => {
    const slow = held();
    const { begin } = limited({ limit: 1, queue }, slow);
    const many = begin("/many");
    await slow.begun(2);
    expect(slow.busy.toSorted()).toEqual(["/0", "/news"]);
    for (let index = 0; index < 8; index++) {
      await until(() => slow.busy.length > 0);
      slow.answer();
    }
    expect((await many).status).toBe(200);
  });

  it("has all of the upstream's time when it is sent; only its deadline goes on", async () => {
    await withClock(async (pass) => {
      const slow = held();
      const { begin, lines } = limited(
        { limit: 1, queue: { size: 10, wait: "1m" } },
        {
          ...slow,
          now: Date.now,
        },
      );
      const first = begin("/a");
      await slow.begun(1);
      const second = begin("/b");
      await pass(3_000);
      slow.answer();
      await (await first).text();
      await slow.begun(1);
      await pass(49);
      expect(slow.busy).toEqual(["/b"]);
      await pass(1);
      expect(await told(second)).toEqual([504, "upstream-timeout"]);
      expect(lines.at(-1)).toMatchObject({ upstreams: [{ upstream: "shop", status: 0, ms: 50 }] });

      const third = begin("/a");
      await slow.begun(1);
      await pass(3_000);
      const late = begin("/a");
      await pass(6_900);
      slow.answer();
      await (await third).text();
      await slow.begun(1);
      await pass(3_099);
      expect(slow.busy).toEqual(["/a"]);
      await pass(1);
      expect(await told(late)).toEqual([504, "upstream-timeout"]);
    });
  });

  it("waits no longer than the queue lets it, nor than its deadline", async () => {
    await withClock(async (pass) => {
      for (const [wait, ms] of [
        ["200ms", 200],
        ["1m", 10_000],
      ] as const) {
        const open = new TransformStream<Uint8Array, Uint8Array>();
        const { begin } = limited(
          { limit: 1, queue: { size: 1, wait } },
          { origin: () => new Response(open.readable), now: Date.now },
        );
        const first = (await begin("/a")).text();
        const second = told(begin("/a"));
        await pass(ms - 1);
        expect(await told(begin("/a"))).toEqual(FULL);
        await pass(1);
        expect(await second).toEqual(FULL);
        await open.writable.close();
        await first;
      }
    });
  });

  it("leaves the line when it is called off, and with its client", async () => {
    await withClock(async (pass) => {
      const slow = held();
      const { begin } = limited({ limit: 1, queue: { size: 1, wait: "1m" } }, { ...slow, now: Date.now });
      const first = begin("/a");
      await slow.begun(1);
      // The step's own time runs while it waits.
      const parts = begin("/patience");
      await pass(29);
      expect(await told(begin("/a"))).toEqual(FULL);
      await pass(1);
      expect((await parts).headers.get("isogate-parts")).toContain("soon;failed=upstream-timeout");
      const client = new AbortController();
      begin("/a", { signal: client.signal }).catch(() => {});
      await pass(5);
      expect(await told(begin("/a"))).toEqual(FULL);
      client.abort();
      await pass(5);
      const next = begin("/a");
      await pass(5);
      slow.answer();
      await (await first).text();
      await slow.begun(1);
      expect(slow.busy).toEqual(["/a"]);
      slow.answer();
      expect((await next).status).toBe(200);
    });
  });

  it("is told why it was called off, and sends nothing", async () => {
    const controller = new AbortController();
    const reason = new RefusalError(refuse("body-too-large"));
    const options = { limit: 1, scope: "isolate", queue: { size: 0, wait: 0 }, until: "body" } as const;
    const take = async (_: string, __: object, ___: object, calledOff?: AbortSignal) => {
      await new Promise((resolve) => calledOff?.addEventListener("abort", resolve));
      return "full" as const;
    };
    const layer = create(
      "shop",
      { ...options, mode: "enforce", onStoreFailure: "deny" },
      { permits: { take }, random: (bytes) => bytes },
    );
    const ctx = { record: {}, budget: new Budget(0) } as KeyedContext;
    const next = () => Promise.reject<Response>(new Error("it was sent"));
    const call = layer({ method: "POST", controller } as UpstreamRequest, ctx, next);
    await Promise.resolve();
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

/** Plays something by a clock of its own, timers included. */
async function withClock(play: (pass: (ms: number) => Promise<void>) => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  try {
    await play(async (ms) => {
      await aWhile();
      await vi.advanceTimersByTimeAsync(ms);
      await aWhile();
    });
  } finally {
    vi.useRealTimers();
  }
}
