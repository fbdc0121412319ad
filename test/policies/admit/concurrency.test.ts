import { describe, expect, it, vi } from "vitest";
import type { Route } from "../../../src/manifest/define.ts";
import { upstream } from "../../../src/manifest/index.ts";
import { ADA, asAda, type Given, gatewayOf } from "../../support/in-process.ts";
import { aWhile, until } from "../../support/until.ts";

const origin = upstream("origin", { origin: "https://origin.example" });

/** An origin whose answers are given when the test says so. */
function held() {
  const waiting: Array<(response: Response) => void> = [];
  return {
    origin: () => new Promise<Response>((resolve) => waiting.push(resolve)),
    get busy() {
      return waiting.length;
    },
    async begun(count: number) {
      await until(() => waiting.length === count);
    },
    answer: (response = new Response("done")) => waiting.shift()!(response),
  };
}

function route(concurrency: Route["concurrency"], more: object = {}): Route {
  return { access: "public", concurrency, forward: { upstream: origin }, ...more } as Route;
}

const gateway = (concurrency: Route["concurrency"], given: Given = {}, more: object = {}) =>
  gatewayOf({ "GET /x": route(concurrency, more) }, given);

describe("a limit of the route", () => {
  it("refuses with 503 who comes when there is no room, and lets in who comes afterwards", async () => {
    const slow = held();
    const { begin, lines } = gateway({ limit: 1 }, slow);
    const first = begin("/x");
    await slow.begun(1);
    const refused = await begin("/x");
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(3);
    expect(await refused.json()).toMatchObject({ code: "temporary-reduced-capacity" });
    expect(lines.at(-1)).toMatchObject({ cause: 'the concurrency limit "1-at-once" has no room' });
    slow.answer();
    expect(await (await first).text()).toBe("done");
    // The place is free some moments after the end.
    await aWhile();
    const next = begin("/x");
    await slow.begun(1);
    slow.answer();
    expect((await next).status).toBe(200);
  });

  it("counts a request until its body has ended, unless told to count until its headers are there", async () => {
    for (const [until, status] of [
      ["body", 503],
      ["headers", 200],
    ] as const) {
      const body = new TransformStream<Uint8Array, Uint8Array>();
      let answer = new Response(body.readable, { headers: { "content-type": "text/plain" } });
      const { begin } = gateway({ limit: 1, until }, { origin: () => answer });
      const streaming = await begin("/x");
      const text = streaming.text();
      answer = new Response("second");
      const second = await begin("/x");
      expect([until, second.status]).toEqual([until, status]);
      await second.text();
      const writer = body.writable.getWriter();
      await writer.write(new TextEncoder().encode("streamed"));
      await writer.close();
      expect(await text).toBe("streamed");
      // The place is free some moments after the end.
      await aWhile();
      answer = new Response("third");
      expect([until, await (await begin("/x")).text()]).toEqual([until, "third"]);
    }
  });

  it("frees the place of an answer that breaks off, of one that nobody reads to the end, and of a failure", async () => {
    let origin: () => Response = () => new Response();
    const { begin } = gateway({ limit: 1 }, { origin: () => origin() });
    const onceThereIsRoom = async () => {
      let answer = await begin("/x");
      for (let tries = 0; answer.status === 503 && tries < 100; tries++) {
        await aWhile();
        answer = await begin("/x");
      }
      return answer;
    };
    const broken = () => new ReadableStream({ pull: (to) => to.error(new Error("broke off")) });
    origin = () => new Response(broken());
    await expect((await begin("/x")).text()).rejects.toThrow();
    origin = () => new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) }));
    await (await onceThereIsRoom()).body!.cancel();
    origin = () => {
      throw new Error("refused");
    };
    expect((await onceThereIsRoom()).status).toBe(502);
    origin = () => new Response("well");
    expect(await (await begin("/x")).text()).toBe("well");
  });

  it("leaves the length of an answer as it is", async () => {
    const origin = () => new Response("twelve bytes", { headers: { "content-length": "12" } });
    const answer = await gateway({ limit: 1 }, { origin }).begin("/x");
    expect([answer.headers.get("content-length"), await answer.text()]).toEqual(["12", "twelve bytes"]);
  });

  it("has nothing to do with what the cache answers", async () => {
    const slow = held();
    const { begin, settled } = gateway({ limit: 1 }, slow, { cache: { ttl: "1m" } });
    const first = begin("/x?a");
    await slow.begun(1);
    slow.answer(new Response("stored", { headers: { "cache-control": "max-age=60" } }));
    await (await first).text();
    await settled();
    const busy = begin("/x?b");
    await slow.begun(1);
    expect((await begin("/x?c")).status).toBe(503);
    const hit = await begin("/x?a");
    expect([hit.status, await hit.text()]).toEqual([200, "stored"]);
    slow.answer();
    await (await busy).text();
  });
});

describe("a limit of callers", () => {
  const perCaller = { limit: 1, by: ["headers.x-tenant"] } as const;
  const of = (tenant: string) => ({ headers: { "x-tenant": tenant } });

  it("tells them apart, and refuses with 429", async () => {
    const slow = held();
    const { begin } = gateway(perCaller, slow);
    const first = begin("/x", of("a"));
    await slow.begun(1);
    const refused = await begin("/x", of("a"));
    expect([refused.status, await refused.json()]).toEqual([
      429,
      expect.objectContaining({ code: "too-many-at-once", "violated-policies": ["1-at-once"] }),
    ]);
    expect(refused.headers.has("retry-after")).toBe(true);
    const other = begin("/x", of("b"));
    await slow.begun(2);
    slow.answer();
    slow.answer();
    await Promise.all([first, other].map(async (answer) => (await answer).text()));
    // The place is free some moments after the end.
    await aWhile();
    const again = begin("/x", of("a"));
    await slow.begun(1);
    slow.answer();
    expect((await again).status).toBe(200);
  });

  it("frees the place of a request that is refused further on, and of one whose answer has no body", async () => {
    const { begin } = gateway(
      perCaller,
      { origin: () => new Response(null, { status: 204 }) },
      { rateLimit: { limit: 2, window: "1m", by: ["route"], count: "origin" } },
    );
    const statuses = [];
    for (let index = 0; index < 4; index++) statuses.push((await begin("/x", of("a"))).status);
    expect(statuses).toEqual([204, 204, 429, 429]);
    const codes = (await (await begin("/x", of("a"))).json()) as { code: string };
    expect(codes.code).toBe("rate-limited");
  });

  it("goes by the caller's plan", async () => {
    const slow = held();
    const identity = { ...ADA, plan: "gold" };
    const limit = { limit: 1, by: ["identity.id"], plans: { gold: 2 } } as const;
    const { begin } = gateway(limit, { ...slow, origin: slow.origin, identity }, { access: asAda });
    const two = [begin("/x"), begin("/x")];
    await slow.begun(2);
    expect((await begin("/x")).status).toBe(429);
    slow.answer();
    slow.answer();
    for (const answer of await Promise.all(two)) await answer.text();
  });

  it("holds nothing of one limit where another refuses", async () => {
    const slow = held();
    const { begin } = gateway([{ limit: 2, by: ["address"], name: "all" }, perCaller], slow);
    const first = begin("/x", of("a"));
    await slow.begun(1);
    for (let index = 0; index < 3; index++) expect((await begin("/x", of("a"))).status).toBe(429);
    const other = begin("/x", of("b"));
    await slow.begun(2);
    slow.answer();
    slow.answer();
    expect((await Promise.all([first, other])).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("a queue", () => {
  it("has who finds no room wait for it", async () => {
    const slow = held();
    const { begin } = gateway({ limit: 1, queue: { size: 1, wait: "10s" } }, slow);
    const first = begin("/x");
    await slow.begun(1);
    const second = begin("/x");
    expect((await begin("/x")).status).toBe(503);
    slow.answer();
    await (await first).text();
    await slow.begun(1);
    slow.answer(new Response("second"));
    expect(await (await second).text()).toBe("second");
  });

  it("is left when the wait is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      const slow = held();
      const { begin } = gateway(
        { limit: 1, queue: { size: 1, wait: "30ms" } },
        { origin: slow.origin, now: Date.now },
      );
      const first = begin("/x");
      await slow.begun(1);
      const second = begin("/x");
      await until(() => vi.getTimerCount() > 1);
      await vi.advanceTimersByTimeAsync(30);
      expect((await second).status).toBe(503);
      slow.answer();
      expect((await first).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a limit of all isolates", () => {
  it("leases permits, and gives them back", async () => {
    const slow = held();
    let clock = Date.now();
    const { begin, settled } = gateway({ limit: 1, scope: "global" }, { ...slow, now: () => clock });
    const first = begin("/x");
    await slow.begun(1);
    expect((await begin("/x")).status).toBe(503);
    slow.answer();
    await (await first).text();
    // The place is free some moments after the end.
    await aWhile();
    await settled();
    // Known to be used up for the moment that the refusal was told.
    clock += 60;
    const next = begin("/x");
    await slow.begun(1);
    slow.answer();
    expect((await next).status).toBe(200);
  });
});

it("only reports on trial", async () => {
  const slow = held();
  const { begin, lines } = gateway({ limit: 1, mode: "report" }, slow);
  const both = [begin("/x"), begin("/x")];
  await slow.begun(2);
  slow.answer();
  slow.answer();
  expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
  expect(lines.filter(({ reported }) => reported !== undefined)).toMatchObject([
    { reported: [{ policy: "concurrency", code: "temporary-reduced-capacity" }] },
  ]);
});
