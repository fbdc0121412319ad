import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "isogate-routes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `npm run routes` on a manifest outside the repository. */
function routes(body: string) {
  const file = join(folder, `${crypto.randomUUID()}.ts`);
  writeFileSync(
    file,
    `import { allOf, anyOf, compose, defineGateway, defineRoutes, jwt, upstream } from "isogate";
const keys = { url: "https://login.example/keys" };
const staff = jwt({ issuers: { issuer: "https://staff.example", audience: "api", keys } });
const partner = jwt({ issuers: { issuer: "https://partner.example", audience: "api", keys } });
export const shop = upstream("shop", { origin: "https://shop.example" });
export const stock = upstream("stock", { origin: "https://stock.example" });
${body}`,
  );
  const script = join(ROOT, "scripts/routes.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--manifest", file], {
    encoding: "utf8",
  });
  const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
  const row = (method: string, path: string) =>
    rows.find((cells) => cells[0] === method && cells[1] === path);
  return { status, stdout, stderr, row };
}

test("shows access with the gateway's rules in it", () => {
  const { row } = routes(`
    export const group = defineRoutes({}, {
      "GET /open": { access: "public", respond: {} },
      "GET /some": { access: anyOf(staff({ scopes: ["a", "b"] }), partner), respond: {} },
      "GET /both": { access: allOf(staff, partner({ claims: { tier: ["gold", "silver"] } })), respond: {} },
      "GET /admin/open": { access: "public", respond: {} },
      "GET /admin/own": { access: staff, respond: {} },
      "GET /admin/more": { access: staff({ scopes: ["a"] }), respond: {} },
      "GET /:any/x": { access: "public", respond: {} },
    });
    export default defineGateway({
      require: [{ match: "/admin/*", access: staff({ scopes: ["admin"] }) }],
      routes: [group],
    });`);
  expect(row("GET", "/open")?.[2]).toBe("public");
  expect(row("GET", "/some")?.[2]).toBe("anyOf(jwt(a, b), jwt)");
  expect(row("GET", "/both")?.[2]).toBe("allOf(jwt, jwt(tier=gold|silver))");
  expect(row("GET", "/admin/open")?.[2]).toBe("jwt(admin)");
  expect(row("GET", "/admin/own")?.[2]).toBe("jwt(admin)");
  expect(row("GET", "/admin/more")?.[2]).toBe("allOf(jwt(admin), jwt(a))");
  expect(row("GET", "/:any/x")?.[2]).toBe("public; under /admin/*: jwt(admin)");
});

test("shows limits, cache and action", () => {
  const { row } = routes(`
    export const group = defineRoutes({ access: "public" }, {
      "GET /cached": {
        rateLimit: [{ limit: 5, window: "10s" }, { limit: 9, window: "24h", by: ["route", "query.q"], name: "day" }],
        cache: { ttl: "90s" },
        forward: { upstream: shop },
      },
      "GET /mine": {
        access: staff,
        rateLimit: { limit: 1, window: "1m" },
        cache: { key: { identity: true } },
        respond: { status: 404 },
      },
      "GET /old/:id": { redirect: { to: "/new/{params.id}" } },
      "GET /page": {
        compose: compose({
          a: { upstream: shop, path: "/a" },
          b: { upstream: stock, path: "/b?of={a.id}" },
          c: { route: "/cached" },
        }),
      },
      "GET /code": { handler: () => ({}) },
    });
    export default defineGateway({ routes: [group] });`);
  expect(row("GET", "/cached")?.slice(3)).toEqual([
    "5/10s by address, 9/1d by route+query.q",
    "90s",
    "forward → shop",
  ]);
  expect(row("GET", "/mine")?.slice(3)).toEqual([
    "1/1m by identity.id",
    "as origin says per identity",
    "respond 404",
  ]);
  expect(row("GET", "/old/:id")?.slice(3)).toEqual(["-", "-", "redirect → /new/{params.id}"]);
  expect(row("GET", "/page")?.[5]).toMatch(
    /^compose → shop, stock, route \/cached \(at most \d+ subrequests in \d+ rounds\)$/,
  );
  expect(row("GET", "/code")?.[5]).toBe("handler");
});

test("shows quotas, limits of what goes on at once, whom an upstream refuses first, and what is billed", () => {
  const { row } = routes(`
    const billing = upstream("billing", { origin: "https://billing.example" });
    const weak = upstream("weak", { origin: "https://weak.example", shed: {} });
    const tried = upstream("tried", { origin: "https://tried.example", shed: { mode: "report" } });
    const few = upstream("few", {
      origin: "https://few.example",
      concurrency: { limit: 50, queue: { size: 5, wait: "500ms" } },
    });
    const fewer = upstream("fewer", {
      origin: "https://fewer.example",
      concurrency: { limit: 5, scope: "global", mode: "report" },
      shed: {},
    });
    const monthly = { name: "monthly", limit: 1_000, period: "month", plans: { gold: 5_000 } };
    const days = { name: "days", limit: 9, period: { days: 14 }, anchor: "2026-01-01", by: ["address"], mode: "report" };
    const to = { upstream: billing, path: "/events" };
    export const group = defineRoutes({ access: partner }, {
      "GET /counted": { rateLimit: { limit: 5, window: "1m" }, quota: [monthly, days], respond: {} },
      "GET /few": {
        concurrency: [
          { limit: 10, scope: "global", queue: { size: 5, wait: "500ms" } },
          { limit: 2, by: ["identity.id"], plans: { gold: 4 }, mode: "report" },
        ],
        respond: {},
      },
      "GET /weak": { forward: { upstream: weak } },
      "GET /limited": { compose: compose({
        a: { upstream: few, path: "/a" }, b: { upstream: few, path: "/b" }, c: { upstream: fewer, path: "/c" },
      }) },
      "GET /later": { priority: "background", compose: compose({
        a: { upstream: weak, path: "/a" }, b: { upstream: tried, path: "/b" }, c: { upstream: shop, path: "/c" },
      }) },
      "GET /billed": { meter: [
        { event: "call", to },
        { event: "tokens", value: "response.headers.x-tokens", prepaid: { reserve: 50 }, to },
      ], respond: {} },
    });
    export default defineGateway({ routes: [group] });`);
  expect(row("GET", "/counted")?.[3]).toBe(
    "5/1m by identity.id; quota monthly 1000, gold 5000/month by caller; quota days 9/14 days by address (on trial)",
  );
  expect(row("GET", "/few")?.[3]).toBe(
    "10 at once by route, 5 may wait 500ms; 2, gold 4 at once by identity.id and isolate (on trial)",
  );
  expect(row("GET", "/weak")?.[3]).toBe("shed by weak as normal");
  expect(row("GET", "/limited")?.[3]).toBe(
    "50 at once to few from each isolate, 5 may wait 500ms; 5 at once to fewer (on trial); shed by fewer as normal",
  );
  expect(row("GET", "/later")?.[3]).toBe(
    "shed by weak as background; shed by tried as background (on trial)",
  );
  expect(row("GET", "/billed")?.[3]).toBe("meters call; meters tokens of response.headers.x-tokens, prepaid");
});

test("sorts by path, keeps variants in order, and counts", () => {
  const { stdout, status } = routes(`
    export const group = defineRoutes({ access: "public" }, {
      "GET /b": [
        { when: { query: { q: true }, header: { "x-a": "1" } }, respond: {} },
        { when: { host: "b.example" }, respond: {} },
        { respond: {} },
      ],
      "POST /a": { respond: {} },
      "GET /a": { respond: {} },
    });
    export default defineGateway({ routes: [group] });`);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(1, 6).map((line) => line.split(/\s+public/)[0]!.replace(/ +/g, " "))).toEqual([
    "GET /a",
    "POST /a",
    "GET /b when header x-a=1, query q",
    "GET /b when host b.example",
    "GET /b",
  ]);
  const column = lines[0]!.indexOf("ACCESS");
  for (const line of lines.slice(1, 6)) expect(line.slice(column)).toMatch(/^public/);
  expect(lines.at(-1)).toBe("5 routes");
  expect(status).toBe(0);
});

test("prints the check report and fails where the manifest has mistakes", () => {
  const { status, stdout, stderr } = routes(`
    export const group = defineRoutes({}, { "GET /a": { respnd: {} } });
    export default defineGateway({ routes: [group] });`);
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain('Did you mean "respond"?');
});
