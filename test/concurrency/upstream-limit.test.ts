import { describe, expect, it, vi } from "vitest";
import { Budget } from "../../src/budget.ts";
import { create } from "../../src/concurrency/upstream-limit.ts";
import type { KeyedContext } from "../../src/context.ts";
import { RefusalError, refuse } from "../../src/errors/refusal.ts";
import type { Route } from "../../src/manifest/define.ts";
import { compose, type UpstreamConcurrencyOptions, upstream } from "../../src/manifest/index.ts";
import type { AccessRecord } from "../../src/observe/record.ts";
import type { UpstreamOptions } from "../../src/upstream/declare.ts";
import type { UpstreamRequest } from "../../src/upstream/upstream.ts";
import { type Given, gatewayOf, type Sent } from "../support/in-process.ts";
import { aWhile, until } from "../support/until.ts";

/** An origin whose answers are given when the test says so, the earliest request first. */
function held() {
  const waiting: Array<{ readonly sent: Sent; readonly resolve: (response: Response) => void }> = [];
  return {
    origin: (sent: Sent) =>
      new Promise<Response>((resolve, reject) => {
        const each = { sent, resolve };
        waiting.push(each);
        sent.signal?.addEventListener("abort", () => {
          waiting.splice(waiting.indexOf(each), 1);
          reject(sent.signal?.reason);
        });
      }),
    /** The paths of requests that are not answered yet. */
    get busy() {
      return waiting.map(({ sent }) => new URL(sent.url).pathname);
    },
    async begun(count: number) {
      await until(() => waiting.length === count);
    },
    answer: (response: Response = Response.json({ tea: "assam" })) => waiting.shift()!.resolve(response),
  };
}

/** A gateway all of whose routes call one upstream. */
function limited(
  concurrency: UpstreamConcurrencyOptions,
  given: Given = {},
  more: Partial<UpstreamOptions> = {},
) {
  const shop = upstream("shop", { origin: "https://shop.example", concurrency, ...more });
  const news = upstream("news", { origin: "https://news.example" });
  const call = (path: string, others: object = {}) => ({ upstream: shop, path, ...others });
  const routes: Readonly<Record<string, Omit<Route, "access">>> = {
    "GET /a": { forward: { upstream: shop } },
    "GET /b": { forward: { upstream: shop, timeout: "50ms" } },
    "POST /a": { forward: { upstream: shop } },
    "GET /parts": {
      compose: compose({
        own: { upstream: news, path: "/news" },
        extra: call("/extra", { optional: true, fallback: { tea: "none" } }),
      }),
    },
    "GET /many": {
      compose: compose({
        ...Object.fromEntries(
          Array.from({ length: 7 }, (_, index) => [`s${index}`, call(`/${index}`, { group: `s${index}` })]),
        ),
        own: { upstream: news, path: "/news" },
      }),
    },
    "GET /patience": {
      compose: compose({ soon: call("/soon", { optional: true, timeout: "30ms" }) }),
    },
    "GET /looked": { handler: async (ctx) => ({ ok: (await ctx.fetch(shop, "/looked")).ok }) },
    "GET /hooked": {
      hooks: { request: async (ctx) => void (await (await ctx.fetch(shop, "/asked")).text()) },
      respond: { text: "hooked" },
    },
    "GET /refreshed": { cache: { ttl: "1s", staleWhileRevalidate: "1h" }, forward: { upstream: shop } },
    "GET /kept": { cache: { ttl: "1s", staleIfError: "1h" }, forward: { upstream: shop } },
  };
  return gatewayOf(
    Object.fromEntries(
      Object.entries(routes).map(([id, route]) => [id, { access: "public", ...route } as Route]),
    ),
    given,
  );
}

/** What a call is told. */
async function told(answer: Promise<Response>): Promise<readonly [status: number, code: unknown]> {
  const response = await answer;
  const body = (await response.json()) as { readonly code?: unknown };
  return [response.status, body.code];
}
const FULL = [503, "temporary-reduced-capacity"] as const;

describe("an upstream's limit", () => {
  it("is one for all routes, parts, functions and refreshes that reach it", async () => {
    const slow = held();
    let clock = Date.now();
    const { begin, lines, ask, settled } = limited({ limit: 1 }, { ...slow, now: () => clock });
    const filling = begin("/refreshed");
    await slow.begun(1);
    slow.answer(new Response("stored"));
    await (await filling).text();
    await settled();
    const first = begin("/a");
    await slow.begun(1);
    const refused = await begin("/b");
    expect(["1", "2", "3"]).toContain(refused.headers.get("retry-after"));
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: FULL[1] }]);
    expect(lines.at(-1)).toMatchObject({ cause: 'the concurrency limit "upstream shop" has no room' });
    expect(lines.at(-1)).not.toHaveProperty("upstreams");
    expect(await told(begin("/hooked"))).toEqual(FULL);
    expect(await told(begin("/looked"))).toEqual(FULL);
    const parts = begin("/parts");
    await slow.begun(2);
    expect(slow.busy).toEqual(["/a", "/news"]);
    clock += 3_000;
    const stale = await ask("/refreshed");
    expect([stale.headers.get("cache-status"), await stale.text()]).toEqual([
      "isogate; hit; ttl=-2; detail=stale-while-revalidate",
      "stored",
    ]);
    expect(slow.busy).toEqual(["/a", "/news"]);
    slow.answer();
    slow.answer(Response.json({ own: true }));
    await (await first).text();
    const answer = await parts;
    expect([answer.status, await answer.json()]).toEqual([200, { own: true, tea: "none" }]);
    expect(answer.headers.get("isogate-parts")).toContain("extra;failed=temporary-reduced-capacity");
    // The place is free some moments after the end.
    await aWhile();
    const hooked = begin("/hooked");
    await slow.begun(1);
    slow.answer();
    expect(await (await hooked).text()).toBe("hooked");
  });

  it("has a cached answer stand in where there is no room", async () => {
    const slow = held();
    let clock = Date.now();
    const { begin, ask, settled } = limited({ limit: 1 }, { ...slow, now: () => clock });
    const filling = begin("/kept");
    await slow.begun(1);
    slow.answer(new Response("stored"));
    await (await filling).text();
    await settled();
    const first = begin("/a");
    await slow.begun(1);
    clock += 3_000;
    const answer = await ask("/kept");
    expect([answer.status, answer.headers.get("cache-status")]).toEqual([
      200,
      expect.stringContaining("stale-if-error"),
    ]);
    slow.answer();
    await first;
  });

  it("counts a call until its body has ended, or until its headers are there where that is said", async () => {
    for (const [ends, status] of [
      ["body", 503],
      ["headers", 200],
    ] as const) {
      const body = new TransformStream<Uint8Array, Uint8Array>();
      let answer = new Response(body.readable);
      const { begin } = limited({ limit: 1, until: ends }, { origin: () => answer });
      const text = (await begin("/a")).text();
      answer = new Response("second");
      const second = await begin("/a");
      expect([ends, second.status]).toEqual([ends, status]);
      await second.text();
      const writer = body.writable.getWriter();
      await writer.write(new TextEncoder().encode("streamed"));
      await writer.close();
      expect(await text).toBe("streamed");
      await aWhile();
      answer = new Response("third");
      expect([ends, await (await begin("/a")).text()]).toEqual([ends, "third"]);
    }
  });

  it("has room again after a failure, a body that breaks off, one that is called off, and one that is for nobody", async () => {
    let origin: (sent: Sent) => Response = () => new Response();
    const { begin } = limited({ limit: 1 }, { origin: (sent) => origin(sent) });
    const endless = () =>
      new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) }));
    origin = () => {
      throw new Error("refused");
    };
    expect((await begin("/a")).status).toBe(502);
    origin = () => new Response(new ReadableStream({ pull: (to) => to.error(new Error("broke off")) }));
    await expect((await begin("/a")).text()).rejects.toThrow();
    await aWhile();
    origin = endless;
    await (await begin("/a")).body!.cancel();
    await aWhile();
    // Nothing of these bodies is read: a function looks at the status, a client asks for the head.
    expect(await told(begin("/looked"))).toEqual([200, undefined]);
    expect((await begin("/looked", { method: "HEAD" })).status).toBe(200);
    expect((await begin("/a", { method: "HEAD" })).status).toBe(200);
    origin = () => new Response("well");
    expect(await (await begin("/a")).text()).toBe("well");
  });

  it("and limits of the route hold a body together until it has ended", async () => {
    const shop = upstream("shop", { origin: "https://shop.example", concurrency: { limit: 1 } });
    const limits = [{ limit: 1 }, { limit: 1, by: ["address"], name: "own" }] as const;
    const { begin } = gatewayOf(
      { "GET /x": { access: "public", concurrency: limits, forward: { upstream: shop } } },
      { origin: () => new Response("twelve bytes", { headers: { "content-length": "12" } }) },
    );
    for (let index = 0; index < 3; index++) {
      const answer = await begin("/x");
      expect((await begin("/x")).status).toBe(429);
      expect([answer.status, await answer.text()]).toEqual([200, "twelve bytes"]);
      await aWhile();
    }
  });

  it("has room at once after an answer that is empty, whatever else waits for its end", async () => {
    const shop = upstream("shop", { origin: "https://shop.example", concurrency: { limit: 1 } });
    const { begin } = gatewayOf(
      { "GET /x": { access: "public", concurrency: { limit: 1 }, forward: { upstream: shop } } },
      { origin: () => new Response(new ReadableStream({ start: (to) => to.close() })) },
    );
    for (let index = 0; index < 3; index++) {
      expect((await begin("/x")).status).toBe(200);
      await aWhile();
    }
  });

  it("leaves alone what a function goes on to read when its answer is under way", async () => {
    const shop = upstream("shop", { origin: "https://shop.example", concurrency: { limit: 2 } });
    const { begin } = gatewayOf(
      {
        "GET /a": { access: "public", forward: { upstream: shop } },
        "GET /both": {
          access: "public",
          async handler(ctx) {
            const [one, two] = await Promise.all([ctx.fetch(shop, "/1"), ctx.fetch(shop, "/2")]);
            const bodies = [one.body!, two.body!];
            let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
            // The second is begun when the first has been taken.
            const pull = async (to: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
              reader ??= bodies.shift()?.getReader();
              const { done, value } = (await reader?.read()) ?? {};
              if (value !== undefined) return to.enqueue(value);
              reader = undefined;
              return done ? pull(to) : to.close();
            };
            return new Response(new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }));
          },
        },
      },
      { origin: ({ url }) => new Response(new URL(url).pathname) },
    );
    expect(await (await begin("/both")).text()).toBe("/1/2");
  });

  it("holds for all isolates together where that is said", async () => {
    const slow = held();
    let clock = Date.now();
    const { begin, settled } = limited({ limit: 1, scope: "global" }, { ...slow, now: () => clock });
    const first = begin("/a");
    await slow.begun(1);
    expect(await told(begin("/a"))).toEqual(FULL);
    slow.answer();
    await (await first).text();
    await aWhile();
    await settled();
    // Known to be used up for the moment that the refusal was told.
    clock += 60;
    const next = begin("/a");
    await slow.begun(1);
    slow.answer();
    expect((await next).status).toBe(200);
  });

  it("only reports on trial", async () => {
    const slow = held();
    const { begin, lines } = limited({ limit: 1, mode: "report" }, slow);
    const both = [begin("/a"), begin("/a")];
    await slow.begun(2);
    slow.answer();
    slow.answer();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(lines.filter(({ reported }) => reported !== undefined)).toMatchObject([
      { reported: [{ policy: "concurrency", code: "temporary-reduced-capacity" }] },
    ]);
  });

  it("is as one says where permits cannot be had", async () => {
    const record: AccessRecord = {};
    const ctx = { record } as KeyedContext;
    const options = { limit: 1, scope: "global", queue: { size: 0, wait: 0 }, until: "body" } as const;
    const random = (bytes: Uint8Array) => bytes;
    const layer = (onStoreFailure: "allow" | "deny") =>
      create(
        "shop",
        { ...options, mode: "enforce", onStoreFailure },
        { permits: { take: async () => "failed" }, random },
      );
    const next = async () => new Response("well");
    const request = { method: "GET" } as UpstreamRequest;
    expect(await (await layer("allow")(request, ctx, next)).text()).toBe("well");
    expect(record.notes).toEqual(['the permits of "upstream shop" could not be asked for']);
    await expect(layer("deny")(request, ctx, next)).rejects.toThrow("store-unavailable");
  });
});

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
