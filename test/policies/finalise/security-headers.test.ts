import { describe, expect, it } from "vitest";
import { options, type SecurityHeadersOptions } from "../../../src/policies/finalise/security-headers.ts";
import { upstream } from "../../../src/upstream/declare.ts";
import { gatewayOf } from "../../support/in-process.ts";

const service = upstream("service", { origin: "https://service.example" });
const STANDARD = {
  "x-content-type-options": "nosniff",
  "strict-transport-security": "max-age=31536000",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

async function answered(securityHeaders: SecurityHeadersOptions, origin: Record<string, string> = {}) {
  const { ask } = gatewayOf(
    { "GET /x": { access: "public", securityHeaders, forward: { upstream: service } } },
    { origin: () => new Response(null, { headers: origin }), defaults: { securityHeaders } },
  );
  const fields = async (path: string) => {
    const { headers } = await ask(path);
    return Object.fromEntries([...headers].filter(([name]) => name in STANDARD));
  };
  return { found: await fields("/x"), notFound: await fields("/y") };
}

describe("security headers", () => {
  it("are all there by default, on refusals too", async () => {
    expect(await answered(true)).toEqual({ found: STANDARD, notFound: STANDARD });
    expect(await answered({})).toEqual({ found: STANDARD, notFound: STANDARD });
  });

  it("can be changed or left out one by one", async () => {
    const { "referrer-policy": _, ...rest } = STANDARD;
    const { found } = await answered({ referrerPolicy: false, frameOptions: "SAMEORIGIN" });
    expect(found).toEqual({ ...rest, "x-frame-options": "SAMEORIGIN" });
  });

  it("of an upstream win: it knows its pages better", async () => {
    const own = { "content-security-policy": "default-src 'self'" };
    expect((await answered(true, own)).found).toEqual({ ...STANDARD, ...own });
  });

  it.each([
    false,
    "yes",
    { frameOption: "DENY" },
    { frameOptions: true },
    { referrerPolicy: "no-referrer\r\nset-cookie: a=1" },
    { contentSecurityPolicy: "default-src „none“" },
  ])("cannot be %j", (wrong) => {
    expect(options().safeParse(wrong).success).toBe(false);
  });
});
