import { describe, expect, test } from "vitest";
import { readLine } from "../../scripts/start/read-line.ts";

describe("readLine", () => {
  test.each([
    "",
    " ⛅️ wrangler 4.155.0 (update available 4.164.0)",
    "───────────────",
    "[custom build] Running: node scripts/run.mjs build",
    "\u001b[33m[wrangler:warn]\u001b[0m Unable to fetch the `Request.cf` object! Falling back …",
    "Error: getaddrinfo ENOTFOUND workers.cloudflare.com",
    "    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:123:26)",
    "[wrangler:info] GET /v1/orders 200 OK (12ms)",
  ])("leaves out %j", (line) => expect(readLine(line)).toBeUndefined());

  test.each([
    "[custom build]   1. catalog.ts  GET /items/:id → redirekt",
    '✘ [ERROR] Could not resolve "nowhere"',
    "what a hook logged",
    '{"time":"not the access log"',
  ])("keeps %j as it is", (line) => expect(readLine(line)).toBe(line));

  test("says which file changed", () => {
    expect(readLine("The file routes/orders.ts changed, restarting build...")).toBe(
      "routes/orders.ts changed",
    );
    expect(readLine("The file .isogate/reload/stamp changed, restarting build...")).toBe(
      "the manifest changed",
    );
  });

  test("shortens the access log, and keeps why something failed", () => {
    const shared = { time: "2026-11-20T10:00:00.000Z", method: "GET", path: "/a", ms: 7 };
    const hit = { ...shared, status: 200, cache: "hit", identity: "https://i#ada", upstreams: [] };
    expect(readLine(JSON.stringify(hit))).toBe("200 GET /a  7 ms  cache hit  for https://i#ada");
    const failed = {
      ...shared,
      status: 502,
      upstreams: [{ upstream: "shop", status: 0, ms: 3 }],
      code: "upstream-unreachable",
      cause: "shop: refused\n    at somewhere",
      notes: ["noted"],
    };
    expect(readLine(JSON.stringify(failed))).toBe(
      "502 GET /a  7 ms  from shop  upstream-unreachable  shop: refused  noted",
    );
  });
});
