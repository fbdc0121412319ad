import { describe, expect, it } from "vitest";
import { deadUrl } from "../support/origin.ts";
import { ask } from "../support/raw-http.ts";
import { serve } from "./served.ts";

const served = serve("forward.ts", async (origin) => ({
  ORIGIN: origin.url,
  ORIGIN_WITH_BASE: origin.url,
  RAW_ORIGIN: origin.rawUrl,
  DEAD_ORIGIN: await deadUrl(),
}));

const get = (path: string) => ask(served.gateway.port, path);
const OK = "HTTP/1.1 200 OK\r\n";

describe("an origin that gives no answer", () => {
  it.each([
    ["refuses the connection", "/dead", undefined],
    ["closes before it answers", "/raw/close", { send: "", end: "close" }],
    ["resets the connection", "/raw/reset", { send: "", end: "reset" }],
    ["says what is not HTTP", "/raw/rubbish", { send: "this is not HTTP\r\n\r\n", end: "hang" }],
    ["closes midway of the headers", "/raw/half-head", { send: `${OK}Content-Le`, end: "close" }],
    ["resets midway of the headers", "/raw/half-head-reset", { send: `${OK}Content-Le`, end: "reset" }],
    ["sends a broken header", "/raw/bad-header", { send: `${OK}no header\r\n\r\n`, end: "close" }],
    [
      "sends two lengths",
      "/raw/lengths",
      { send: `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!`, end: "close" },
    ],
  ] as const)("and %s is a 502, and the log says whose fault it was", async (_, path, script) => {
    if (script !== undefined) await served.origin.raw(path.replace("/raw", ""), script);
    const answer = await get(path);
    expect([answer.status, answer.json().code]).toEqual([502, "upstream-unreachable"]);
    // Nothing of what went wrong inside is for the client.
    expect(Object.keys(answer.json()).sort()).toEqual(["code", "requestId", "status", "title", "type"]);
    const line = await served.gateway.line(answer.header("x-request-id"));
    const upstream = path === "/dead" ? "dead" : "raw";
    expect(line).toMatchObject({ status: 502, fault: "upstream", upstreams: [{ upstream, status: 0 }] });
    expect(line.cause).toContain(upstream);
  });

  it.each([
    ["above 599", "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok"],
    [
      "below 200 that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    ],
  ])("but a status %s is a 502, and no fault of the gateway's", async (name, send) => {
    const path = `/odd-${name.length}`;
    await served.origin.raw(path, { send, end: "close" });
    const answer = await get(`/raw${path}`);
    expect([answer.status, answer.json().code]).toEqual([502, "upstream-invalid"]);
    expect(await served.gateway.line(answer.header("x-request-id"))).toMatchObject({ fault: "upstream" });
  });

  it("because it throws, inside the Worker, is a 502", async () => {
    const answer = await get("/app/throws");
    expect([answer.status, answer.json().code]).toEqual([502, "upstream-unreachable"]);
    expect(answer.text).not.toContain("broken");
    expect((await served.gateway.line(answer.header("x-request-id"))).cause).toContain("the app is broken");
  });
});

describe("an origin that is too slow", () => {
  it.each([
    ["the route's deadline", "/hurried/1"],
    ["the action's timeout", "/impatient"],
    ["the upstream's timeout", "/slow-upstream"],
  ])("is given up at %s: a 504, and the origin sees its connection close", async (_, path) => {
    await served.origin.raw("/hang", { send: "", end: "hang" });
    const started = performance.now();
    const answer = await get(path);
    expect(performance.now() - started).toBeLessThan(1_500);
    expect([answer.status, answer.json().code]).toEqual([504, "upstream-timeout"]);
    const { exchange } = (await served.origin.requests("/hang")).at(-1)!;
    await served.origin.wait("closed", (each) => each.exchange === exchange);
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line).toMatchObject({ code: "upstream-timeout", fault: "upstream" });
    expect(line.ms).toBeGreaterThanOrEqual(140);
  });

  it("is given up inside the Worker too", async () => {
    const answer = await get("/app/hangs");
    expect([answer.status, answer.json().code]).toEqual([504, "upstream-timeout"]);
  });

  it("with its headers but quick enough with them is waited for", async () => {
    await served.origin.answer("/late", { delay: 200, body: "late" });
    expect((await get("/http/late")).text).toBe("late");
  });
});

describe("an origin that breaks off its body", () => {
  it.each([
    ["short of its length", `${OK}Content-Length: 100\r\n\r\nonly this`, "close"],
    ["short of its length, with a reset", `${OK}Content-Length: 100\r\n\r\nonly this`, "reset"],
    ["before its last chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n`, "close"],
    [
      "before its last chunk, with a reset",
      `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n`,
      "reset",
    ],
    ["with a chunk that is none", `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nxyz\r\n`, "hang"],
  ] as const)("%s breaks off the client's answer too", async (name, send, end) => {
    const path = `/broken-${name.length}-${end}`;
    await served.origin.raw(path, { send, end });
    const answer = await get(`/raw${path}`);
    expect([answer.status, answer.complete, "only this".startsWith(answer.text)]).toEqual([200, false, true]);
  });

  it("not at all, but says that it closes at its end, is whole", async () => {
    await served.origin.raw("/until-closed", {
      send: `${OK}Connection: close\r\n\r\nall of it`,
      end: "close",
    });
    const answer = await get("/raw/until-closed");
    expect([answer.text, answer.complete]).toEqual(["all of it", true]);
  });
});

describe("a body that is watched", () => {
  it.each([
    ["short of its length", `${OK}Content-Length: 100\r\n\r\nonly this`],
    ["before its last chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n`],
  ])(
    "and breaks off %s breaks off the client's too, and the log says whose fault it was",
    async (name, send) => {
      const path = `/watched-${name.length}`;
      await served.origin.raw(path, { send, end: "close" });
      const answer = await get(`/watched${path}`);
      expect([answer.status, answer.complete]).toEqual([200, false]);
      expect(await served.gateway.line(answer.header("x-request-id"))).toMatchObject({
        status: 200,
        fault: "upstream",
        cause: expect.stringContaining("broke off"),
      });
    },
  );

  it("and is whole keeps its length, and the log counts it", async () => {
    const send = `${OK}Content-Length: 9\r\n\r\nall of it`;
    await served.origin.raw("/watched-whole", { send, end: "close" });
    const answer = await get("/watched/watched-whole");
    expect([answer.text, answer.header("content-length")]).toEqual(["all of it", "9"]);
    const line = await served.gateway.line(answer.header("x-request-id"));
    expect(line).toMatchObject({ status: 200, bytes: 9 });
    expect(line).not.toHaveProperty("fault");
  });
});

it("an origin's interim answers are not for the client", async () => {
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
  await served.origin.raw("/hints", { send: `${hints}${OK}Content-Length: 2\r\n\r\nok`, end: "close" });
  const answer = await get("/raw/hints");
  expect([answer.status, answer.text, answer.header("link")]).toEqual([200, "ok", undefined]);
});
