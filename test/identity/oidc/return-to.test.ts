import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeReturnTo } from "../../../src/identity/oidc/return-to.ts";

const to = (wanted: string | null) => safeReturnTo(wanted, "/auth");

describe("where a login leads to", () => {
  it("is the page that was asked for", () => {
    expect(to("/orders/7?tab=2#top")).toBe("/orders/7?tab=2#top");
    expect(to("/a%2Fb?next=https://shop.example/")).toBe("/a%2Fb?next=https://shop.example/");
    expect(to("/authors")).toBe("/authors");
  });

  it.each([
    null,
    "",
    "orders",
    "https://evil.example/",
    "https:evil.example",
    "http://gateway.invalid/x",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    " /x",
    "/ /evil.example",
    "/..//evil.example",
    "/%2e%2e//evil.example",
    "/x/..//evil.example",
    "/.//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/x\u0000",
    `/${"x".repeat(3_000)}`,
    "/auth",
    "/auth/logout",
    "/x/../auth/login",
  ])("is never %j", (wanted) => {
    expect(to(wanted)).toBe("/");
  });

  it("is always a page of this web origin, as every parser reads it", () => {
    const part = fc.constantFrom(
      "/",
      "\\",
      ".",
      "..",
      "%2e",
      "%2f",
      "%5c",
      "\t",
      "\n",
      "@",
      ":",
      "evil.example",
      "?",
      "#",
      "a",
    );
    const texts = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join("")),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, (wanted) => {
        const location = to(wanted);
        expect(location).toMatch(/^\/(?![/\\])/);
        for (const base of ["https://shop.example/auth/callback", "http://127.0.0.1:8787/"]) {
          const url = new URL(location, base);
          expect(url.origin).toBe(new URL(base).origin);
          expect(url.pathname).not.toMatch(/^\/\/|^\/auth(?:\/|$)/);
        }
        // What is followed stays what it is when it is read again.
        expect(to(location)).toBe(location);
      }),
      { numRuns: 3_000 },
    );
  });
});
