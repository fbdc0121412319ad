import { describe, expect, it } from "vitest";
import { originText, secretTexts } from "../../src/explain/secret-texts.ts";
import type { Blueprint } from "../../src/manifest/blueprint.ts";

const blueprint = {
  routes: ['{"action":["forward",{"key":{"$env":"IN_ROUTE","secret":true}}]}'],
  policies: ['["headers",{"x":{"$env":"IN_POLICY","secret":true}}]'],
  credentials: ['{"type":"jwt","options":{"keys":{"secret":{"$env":"IN_CREDENTIAL","secret":true}}}}'],
  upstreams: {
    hidden: '{"name":"hidden","origin":{"$env":"IN_UPSTREAM","secret":true}}',
    open: '{"name":"open","origin":{"$env":"OPEN","secret":false}}',
    fixed: '{"name":"fixed","origin":"https://fixed.example"}',
  },
  unmatched: "{}",
} as unknown as Blueprint;

describe("the values of secrets", () => {
  it("are known wherever the manifest names them, with the gateway's own", () => {
    const env = {
      IN_ROUTE: "a-route-secret",
      IN_POLICY: "policy-secret-is-longest",
      IN_CREDENTIAL: "credential-secret",
      IN_UPSTREAM: "https://hidden.example",
      OPEN: "https://open.example",
      ISOGATE_ADMIN_SECRET: "admin-secret",
      UPSTASH_REDIS_REST_TOKEN: "upstash",
      OTHER: "not named by anybody",
    };
    expect(secretTexts(blueprint, env)).toEqual([
      ["https%3A%2F%2Fhidden.example", "{IN_UPSTREAM}"],
      ["policy-secret-is-longest", "{IN_POLICY}"],
      ["https://hidden.example", "{IN_UPSTREAM}"],
      ["credential-secret", "{IN_CREDENTIAL}"],
      ["a-route-secret", "{IN_ROUTE}"],
      ["admin-secret", "{ISOGATE_ADMIN_SECRET}"],
      ["upstash", "{UPSTASH_REDIS_REST_TOKEN}"],
    ]);
  });

  it("are left alone where they are too short to mean anything", () => {
    expect(secretTexts(blueprint, { IN_ROUTE: "GET" })).toEqual([]);
  });
});

describe("an upstream's base", () => {
  it("is shown by its name where it is a secret", () => {
    expect(originText(blueprint, "hidden", "https://hidden.example")).toBe("{IN_UPSTREAM}");
    expect(originText(blueprint, "open", "https://open.example")).toBe("https://open.example");
    expect(originText(blueprint, "fixed", "https://fixed.example")).toBe("https://fixed.example");
    expect(originText(blueprint, "unknown", "https://x.example")).toBe("https://x.example");
  });
});
