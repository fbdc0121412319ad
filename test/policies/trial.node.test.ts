import { describe, expect, it } from "vitest";
import { jwt, upstream } from "../../src/manifest/index.ts";
import { policies } from "../../src/policies/registry.ts";
import { mistakes, mistakesIn } from "../manifest/compiler/judge.ts";

const token = jwt({
  issuers: {
    issuer: "https://issuer.example",
    audience: "api",
    keys: { url: "https://issuer.example/jwks" },
  },
});

const billing = upstream("billing", { origin: "https://billing.example" });

/** Policies that refuse requests by a rule of theirs: each is told so on trial. */
const ON_TRIAL: Readonly<Record<string, unknown>> = {
  access: { rule: token, mode: "report", meanwhile: "public" },
  block: { deny: ["abuse"], mode: "report" },
  authorize: { rules: [{ deny: true }], mode: "report" },
  bodyLimit: { limit: "1KB", mode: "report" },
  concurrency: { limit: 1, mode: "report" },
  meter: { event: "e", to: { upstream: billing, path: "/" }, prepaid: { reserve: 1 }, mode: "report" },
  quota: { name: "q", limit: 1, period: "day", by: ["address"], mode: "report" },
  rateLimit: { limit: 1, window: "1m", mode: "report" },
  websocket: { maxMessage: "1KB", mode: "report" },
};

/** All others, and why none of them has a rule to try. */
const NONE_TO_TRY: Readonly<Record<string, string>> = {
  cache: "stores and answers",
  cors: "is enforced by browsers, which have no trial",
  headers: "changes fields",
  hooks: "are functions: they may note instead of refusing",
  middleware: "is Hono's",
  priority: "tells upstreams that shed load, which may be on trial themselves",
  securityHeaders: "adds fields",
  stream: "bounds what is under way",
  watchBody: "watches",
};

describe("report mode", () => {
  it("is thought of for every policy", () => {
    const known = [...Object.keys(ON_TRIAL), ...Object.keys(NONE_TO_TRY)];
    expect(known.sort()).toEqual(Object.keys(policies).sort());
  });

  it.each(Object.entries(ON_TRIAL))("is an option of %s", (name, options) => {
    const route = { access: "public", respond: {}, [name]: options };
    const found = mistakesIn({ "GET /x": route }).filter((line) => /mode|report/.test(line));
    expect(found).toEqual([]);
    expect(
      JSON.stringify(mistakesIn({ "GET /x": { ...route, [name]: { ...(options as object), mode: "x" } } })),
    ).toMatch(/mode/);
  });

  it("is an option of a rule that no route can weaken", () => {
    const rule = { match: "/x/*", access: token, mode: "report" };
    expect(mistakes({ require: [rule], routes: [] }).filter((line) => line.includes("require"))).toEqual([]);
  });
});
