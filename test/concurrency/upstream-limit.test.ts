import { describe, expect, it } from "vitest";
import { create } from "../../src/concurrency/upstream-limit.ts";
import type { KeyedContext } from "../../src/context.ts";
import { upstream } from "../../src/manifest/index.ts";
import type { AccessRecord } from "../../src/observe/record.ts";
import type { UpstreamRequest } from "../../src/upstream/upstream.ts";
import { gatewayOf, type Sent } from "../support/in-process.ts";
import { aWhile } from "../support/until.ts";
import { FULL, held, limited, told } from "./limited-upstream.ts";

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
