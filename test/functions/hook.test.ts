import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FunctionContext } from "../../src/functions/context.ts";
import type { Route } from "../../src/manifest/define.ts";
import type { HooksOptions } from "../../src/policies/transform/hooks.ts";
import { upstream } from "../../src/upstream/declare.ts";
import { type Given, gatewayOf } from "../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });
const other = upstream("other", { origin: "https://other.example" });

/** Hooks that see what others then go on with, or do not. */
const HOOKS = ["request", "upstreamRequest", "upstreamResponse", "response"] as const;
type Name = (typeof HOOKS)[number];

function hooked(hooks: HooksOptions, given: Given = {}, more: Readonly<Record<string, Route>> = {}) {
  return gatewayOf(
    {
      "GET /x": { access: "public", hooks, forward: { upstream: service } },
      "POST /x": { access: "public", hooks, forward: { upstream: service } },
      "GET /other": { access: "public", forward: { upstream: other } },
      ...more,
    },
    { origin: () => new Response("from the origin"), now: () => Date.now(), ...given },
  );
}

/** One hook of a name, whatever it is given. */
function only(name: Name, run: (...given: unknown[]) => unknown, bounds: object = {}): HooksOptions {
  return { [name]: { run, ...bounds } };
}

/** An origin that says nothing until it is called off. */
const silence: NonNullable<Given["origin"]> = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

const allow = { onFailure: "allow", timeout: "200ms" } as const;
const forever = () => new Promise<never>(() => {});
// biome-ignore lint/suspicious/noThenProperty: such an object is what is tested.
const thenable = { then() {} };
const boom = () => {
  throw new Error("boom: secret");
};

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

/** The answer to a request whose hooks may take their time. */
async function after(ms: number, answer: Promise<Response>): Promise<Response> {
  let done = false;
  answer.finally(() => {
    done = true;
  });
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(done, "answered too soon").toBe(false);
  // The function's own calls speak first.
  await vi.advanceTimersByTimeAsync(21);
  expect(done, "not answered in time").toBe(true);
  return answer;
}

describe.each(HOOKS)("the %s hook", (name) => {
  it("that throws fails the request, and the log says which one it was", async () => {
    const { ask, lines } = hooked(only(name, boom));
    const answer = await ask("/x");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("secret");
    expect(lines[0]).toMatchObject({ code: "internal-error" });
    expect(lines[0]?.cause).toMatch(new RegExp(`^the ${name} hook failed: Error: boom: secret`));
  });

  it("that throws is passed over where it may fail, and the log says so", async () => {
    for (const run of [boom, () => Promise.reject(new Error("boom: secret"))]) {
      const { ask, lines } = hooked(only(name, run, allow));
      const answer = await ask("/x");
      expect(await answer.text()).toBe("from the origin");
      expect(lines[0]).toMatchObject({ status: 200 });
      expect(lines[0]).not.toHaveProperty("code");
      expect(lines[0]?.notes).toEqual([
        expect.stringMatching(new RegExp(`^the ${name} hook failed: Error: boom`)),
      ]);
    }
  });

  it.each([
    ["hangs", forever],
    ["gives a promise of another kind that does", () => thenable],
  ])("that %s fails the request when its time is up", async (_, run) => {
    const { ask, lines } = hooked(only(name, run, { timeout: "200ms" }));
    const answer = await after(200, ask("/x"));
    expect(answer.status).toBe(500);
    expect(lines[0]).toMatchObject({
      code: "internal-error",
      cause: `the ${name} hook failed: it took longer than 200 ms`,
    });
  });

  it("that hangs is passed over when its time is up, where it may fail", async () => {
    const { ask, lines } = hooked(only(name, forever, allow));
    const answer = await after(200, ask("/x"));
    expect(await answer.text()).toBe("from the origin");
    expect(lines[0]).toMatchObject({ notes: [`the ${name} hook failed: it took longer than 200 ms`] });
  });

  it("has a second, but never more than the request", async () => {
    const { ask } = hooked(only(name, forever));
    expect((await after(1_000, ask("/x"))).status).toBe(500);
    const long = hooked(only(name, forever, { timeout: "1m" }));
    const answer = await after(10_000, long.ask("/x"));
    expect(await answer.json()).toMatchObject({ status: 504, code: "deadline-exceeded" });
  });

  it("that is done too late is not heard, however it ends", async () => {
    const ends: Array<() => void> = [];
    const late = () =>
      new Promise((resolve, reject) => {
        ends.push(
          () => resolve(new Response("too late")),
          () => reject(new Error("too late")),
        );
      });
    const { ask, lines } = hooked(only(name, late, allow));
    for (const end of [0, 3]) {
      const answer = await after(200, ask("/x"));
      ends[end]?.();
      expect(await answer.text()).toBe("from the origin");
    }
    expect(lines).toHaveLength(2);
  });

  it("has what it is calling ended with it, and calls nothing more", async () => {
    let again: Promise<unknown> | undefined;
    const run = async (...given: unknown[]) => {
      const ctx = given.at(-1) as FunctionContext;
      await Promise.allSettled(Array.from({ length: 6 }, () => ctx.fetch(other, "/silent")));
      again = Promise.allSettled([ctx.fetch(other, "/again"), ctx.dispatch("/other")]);
      return forever();
    };
    const { ask, sent } = hooked(only(name, run, allow), {
      origin: (call) => (call.url.endsWith("/silent") ? silence(call) : new Response("from the origin")),
    });
    const answer = await after(200, ask("/x"));
    // All six connections were taken: the request itself needs one.
    expect(await answer.text()).toBe("from the origin");
    const silent = sent.filter(({ url }) => url.endsWith("/silent"));
    expect(silent).toHaveLength(6);
    for (const { signal } of silent) expect(signal?.aborted).toBe(true);
    await again;
    expect(sent.some(({ url }) => /again|other\.example\/other/.test(url))).toBe(false);
  });
});

describe("what a hook calls", () => {
  it.each([...HOOKS, "error"] as const)("may be upstreams and routes: %s", async (name) => {
    const heard: string[] = [];
    const run = async (...given: unknown[]) => {
      const ctx = given.at(-1) as FunctionContext;
      for (const answer of [await ctx.fetch(other, "/direct"), await ctx.dispatch("/other")]) {
        heard.push(await answer.text());
      }
    };
    const fails = name === "error";
    const { ask, lines } = hooked({ [name]: run } as HooksOptions, {
      origin: ({ url }) =>
        fails && url.endsWith("/x") ? Promise.reject(new Error("refused")) : new Response(`from ${url}`),
    });
    expect((await ask("/x")).status).toBe(fails ? 502 : 200);
    expect(heard).toEqual(["from https://other.example/direct", "from https://other.example/other"]);
    expect(lines[0]).toMatchObject({ children: [{ route: "GET /other", status: 200 }] });
    expect(lines[0]).not.toHaveProperty("notes");
  });

  it("ends with it though an answer is being read", async () => {
    let body: AbortSignal | null | undefined;
    const run: HooksOptions["request"] = async (ctx) => {
      await (await ctx.fetch(other, "/")).text();
    };
    const { ask } = hooked(only("request", run as () => unknown, allow), {
      origin({ url, signal }) {
        if (!url.startsWith("https://other")) return new Response("from the origin");
        body = signal;
        return new Response(new ReadableStream({ pull: forever }));
      },
    });
    expect(await (await after(200, ask("/x"))).text()).toBe("from the origin");
    expect(body?.aborted).toBe(true);
  });

  it("ends when it throws, and nothing more is sent", async () => {
    let signal: AbortSignal | null | undefined;
    let again: Promise<unknown> | undefined;
    const run: HooksOptions["request"] = ({ fetch, dispatch }) => {
      const first = fetch(other, "/silent");
      again = first.catch(() => Promise.allSettled([fetch(other, "/again"), dispatch("/other")]));
      throw new Error("boom");
    };
    const { ask, sent } = hooked(only("request", run as () => unknown, allow), {
      origin(call) {
        if (call.url.endsWith("/x")) return new Response("from the origin");
        signal = call.signal;
        return silence(call);
      },
    });
    expect((await ask("/x")).status).toBe(200);
    expect(signal?.aborted).toBe(true);
    expect(await again).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
    expect(sent).toHaveLength(2);
  });

  it("may be a route, which has the hook's time and no more", async () => {
    const run: HooksOptions["request"] = async ({ dispatch }) => dispatch("/other");
    const { ask, sent, lines } = hooked(only("request", run as () => unknown, { timeout: "200ms" }), {
      origin: silence,
    });
    const answer = await after(200, ask("/x"));
    expect(await answer.json()).toMatchObject({ status: 504, code: "upstream-timeout" });
    expect(sent[0]?.signal?.aborted).toBe(true);
    expect(lines[0]).toMatchObject({ children: [{ route: "GET /other", code: "upstream-timeout" }] });
  });

  it("may fail unheard: that is no unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => unhandled.push(event.reason);
    addEventListener("unhandledrejection", note);
    const { ask } = hooked(
      {
        request: ({ fetch, dispatch }) => {
          fetch(other, "/");
          dispatch("/../");
        },
      },
      {
        origin: ({ url }) => (url.endsWith("/x") ? new Response() : Promise.reject(new Error("refused"))),
      },
    );
    expect((await ask("/x")).status).toBe(200);
    vi.useRealTimers();
    await new Promise((resolve) => setTimeout(resolve));
    removeEventListener("unhandledrejection", note);
    expect(unhandled).toEqual([]);
  });

  it("is not hooked itself", async () => {
    let runs = 0;
    const count = async (ctx: FunctionContext) => {
      runs++;
      await (await ctx.fetch(other, "/")).text();
    };
    const { ask, sent } = hooked({
      request: count,
      upstreamRequest: (_, ctx) => count(ctx),
      upstreamResponse: (_, ctx) => count(ctx),
      response: (_, ctx) => count(ctx),
    });
    expect((await ask("/x")).status).toBe(200);
    expect(runs).toBe(4);
    expect(sent).toHaveLength(5);
  });

  it("tells the client what failed, where the hook passes it on", async () => {
    const refused: Given["origin"] = () => Promise.reject(new Error("connection refused"));
    const run: HooksOptions["request"] = async (ctx) => ctx.fetch(other, "/");
    const { ask, lines } = hooked({ request: run }, { origin: refused });
    expect(await (await ask("/x")).json()).toMatchObject({ status: 502, code: "upstream-unreachable" });
    expect(lines[0]?.cause).toBe("the request hook failed: upstream-unreachable: other: connection refused");
  });

  it("may answer for the request", async () => {
    const run: HooksOptions["request"] = async (ctx) => ctx.fetch(other, "/");
    const { ask } = hooked({ request: run }, { origin: ({ url }) => new Response(`from ${url}`) });
    expect(await (await ask("/x")).text()).toBe("from https://other.example/");
  });
});

describe("the error hook", () => {
  const given: Given = { origin: () => Promise.reject(new Error("connection refused")) };

  it.each<[string, () => unknown]>([
    ["throws", boom],
    ["gives nonsense", () => "sorry"],
  ])("that %s leaves the problem, and a note", async (_, run) => {
    const { ask, lines } = hooked({ error: run as () => undefined }, given);
    expect(await (await ask("/x")).json()).toMatchObject({ status: 502, code: "upstream-unreachable" });
    expect(lines[0]?.notes).toEqual([expect.stringMatching(/^the error hook failed: Error: /)]);
  });

  it.each([
    [1_000, forever],
    [200, { run: forever, timeout: "200ms" }],
  ])("that hangs leaves the problem after %i ms", async (ms, error) => {
    const { ask, lines } = hooked({ error }, given);
    const answer = await after(ms, ask("/x"));
    expect(await answer.json()).toMatchObject({ status: 502, code: "upstream-unreachable" });
    expect(lines[0]).toMatchObject({ notes: [`the error hook failed: it took longer than ${ms} ms`] });
  });

  it("may take its time though the request has none left", async () => {
    const sorry = () => new Promise<Response>((resolve) => setTimeout(resolve, 300, new Response("sorry")));
    const { ask, lines } = hooked({ error: sorry }, { origin: silence });
    const answer = await after(10_300, ask("/x"));
    expect(await answer.text()).toBe("sorry");
    expect(lines[0]).toMatchObject({ code: "upstream-timeout" });
  });
});
