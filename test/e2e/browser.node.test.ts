import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findChromium, startChromium } from "../support/browser.ts";
import { bearing, goodClaims, PARTNER, signWithSecret } from "../support/tokens.ts";
import { serve } from "./served.ts";

const PARTNER_SECRET = "a secret that is at least as long as its hash";
const executable = findChromium();
if (executable === undefined) {
  console.warn("SKIPPED: no Chromium on the path. Install it, or name its binary in CHROMIUM: .ci/run does.");
}

/** What a page saw of a WebSocket. */
interface Seen {
  readonly protocol: string | null;
  readonly messages: readonly unknown[];
  readonly closed: { readonly code: number; readonly reason: string; readonly wasClean: boolean };
}

describe.skipIf(executable === undefined)("in Chromium", () => {
  const served = serve("long-lived.ts", (origin) => ({
    ORIGIN: origin.url,
    RAW_ORIGIN: origin.rawUrl,
    PARTNER_SECRET,
  }));
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const gateway = (scheme = "http") => `${scheme}://127.0.0.1:${served.gateway.port}`;

  beforeAll(async () => {
    browser = await startChromium(executable!);
    const headers = [["content-type", "text/html"]] as const;
    await served.origin.answer("/page", { headers, body: "<!doctype html><title>a page</title>" });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(`${gateway()}/plain/page`);
  });
  afterEach(() => context.close());

  /** Opens a WebSocket in the page, says these things one after the other's answer, and waits for the end. */
  const talk = (path: string, says: readonly string[] = [], protocols: readonly string[] = []) =>
    page.evaluate(
      ({ url, says, protocols }) =>
        new Promise<Seen>((resolve) => {
          const socket = new WebSocket(url, [...protocols]);
          const left = [...says];
          const messages: unknown[] = [];
          socket.addEventListener("message", ({ data }) => {
            messages.push(data);
            const say = left.shift();
            if (say !== undefined) socket.send(say);
          });
          socket.addEventListener("close", ({ code, reason, wasClean }) =>
            resolve({ protocol: socket.protocol, messages, closed: { code, reason, wasClean } }),
          );
        }),
      { url: gateway("ws") + path, says, protocols },
    );

  describe.each(["/ws/plain", "/ws/relayed"])("a WebSocket of %s", (path) => {
    it("opens from a page of the same web origin, carries messages and closes", async () => {
      expect(await talk(path, ["one", "☕", "!close 4001 bye"])).toEqual({
        protocol: "",
        messages: [`hello ${path}`, "one", "☕"],
        closed: { code: 4001, reason: "bye", wasClean: true },
      });
    });

    it("does not open from a page of another", async () => {
      await page.goto(`${served.origin.url}/page`);
      const before = (await served.origin.requests(path)).length;
      const seen = await talk(path);
      expect(seen).toEqual({
        protocol: "",
        messages: [],
        closed: { code: 1006, reason: "", wasClean: false },
      });
      expect((await served.origin.requests(path)).length).toBe(before);
      const refused = served.gateway.lines().filter((line) => line.path === path && line.status === 403);
      expect(refused.at(-1)).toMatchObject({ code: "origin-not-allowed", fault: "client" });
    });
  });

  it("a WebSocket speaks the subprotocol that all three know", async () => {
    const path = "/ws/chat?protocol=v2.chat";
    const seen = await talk(path, ["!close 1000 "], ["v9.chat", "v2.chat"]);
    expect([seen.protocol, seen.closed.code]).toEqual(["v2.chat", 1000]);
    expect((await talk(path, [], ["v9.chat"])).closed.code).toBe(1006);
  });

  it.each([
    ["/ws/idle", 1001, "idle"],
    ["/ws/short", 1001, "longest duration reached"],
  ])("a WebSocket of %s is told why it ends", async (path, code, reason) => {
    expect((await talk(path)).closed).toEqual({ code, reason, wasClean: true });
  });

  it("a WebSocket that sends too much is told so", async () => {
    expect((await talk("/ws/small", ["x".repeat(1_001)])).closed).toEqual({
      code: 1009,
      reason: "message too large",
      wasClean: true,
    });
  });

  it("a WebSocket ends with the credential that it was opened with", async () => {
    const exp = Date.now() / 1_000 + 0.7;
    const token = await signWithSecret(PARTNER_SECRET, { ...goodClaims(), iss: PARTNER, exp });
    // A page cannot set the field; whoever drives the browser can.
    await context.setExtraHTTPHeaders(bearing(token));
    const seen = await talk("/ws/own");
    expect(seen.messages).toEqual(["hello /ws/own"]);
    expect(seen.closed).toEqual({ code: 1008, reason: "credential expired", wasClean: true });
  });

  it("an EventSource hears events as they come, and comes back with its place where silence has ended it", async () => {
    const headers = [["content-type", "text/event-stream"]] as const;
    await served.origin.answer(
      "/feed",
      { open: true, headers, body: "retry: 10\nid: 7\ndata: first\n\n" },
      { open: true, headers, body: "id: 8\ndata: after the break\n\n" },
    );
    const heard: string[] = [];
    let next = () => {};
    const until = async (count: number) => {
      while (heard.length < count) {
        await new Promise<void>((resolve) => {
          next = resolve;
        });
      }
    };
    await page.exposeFunction("hear", (data: string) => {
      heard.push(data);
      next();
    });
    await page.evaluate((url) => {
      const { hear } = globalThis as unknown as { hear(data: unknown): void };
      new EventSource(url).onmessage = ({ data }: MessageEvent) => hear(data);
    }, `${gateway()}/idle/feed`);
    await until(1);
    const [first] = await served.origin.requests("/feed");
    await served.origin.write(first!.exchange, "data: second\n\n");
    await until(2);
    await until(3);
    expect(heard.slice(0, 3)).toEqual(["first", "second", "after the break"]);
    const [, again] = await served.origin.requests("/feed");
    expect(again!.headers).toContainEqual(["Last-Event-ID", "7"]);
  });
});
