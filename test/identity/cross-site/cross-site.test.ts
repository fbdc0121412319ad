import { describe, expect, it } from "vitest";
import { crossSite, isUnsafe } from "../../../src/identity/cross-site/cross-site.ts";

const OWN = "https://shop.example";
const judge = (secFetchSite: string | null, origin: string | null) =>
  crossSite({ secFetchSite, origin }, OWN, new Set(["https://app.example"]));

describe("whether another site made a request", () => {
  it.each([
    // Sec-Fetch-Site, Origin, verdict
    ["same-origin", OWN, "no"],
    ["same-origin", null, "no"],
    ["same-origin", "null", "no"],
    ["none", null, "no"],
    ["same-site", "https://app.example", "no"],
    ["cross-site", "https://app.example", "no"],
    [null, OWN, "no"],
    [null, "https://app.example", "no"],
    ["same-site", "https://evil.shop.example", "yes"],
    ["same-site", null, "yes"],
    ["cross-site", null, "yes"],
    ["cross-site", "null", "yes"],
    ["anything else", null, "yes"],
    ["", null, "yes"],
    [null, "null", "yes"],
    [null, "", "yes"],
    [null, "http://shop.example", "yes"],
    [null, "https://shop.example:444", "yes"],
    [null, "https://shop.example.evil.example", "yes"],
    [null, "https://SHOP.example", "yes"],
    [null, null, "unknown"],
  ] as const)("Sec-Fetch-Site %j and Origin %j: %s", (site, origin, verdict) => {
    expect(judge(site, origin)).toBe(verdict);
  });

  it("is asked of everything that may change something, and of WebSockets", () => {
    const unsafe = (method: string, websocket = false) => isUnsafe({ method, websocket });
    expect(["GET", "HEAD", "OPTIONS"].some((method) => unsafe(method))).toBe(false);
    expect(["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"].every((method) => unsafe(method))).toBe(
      true,
    );
    expect(unsafe("GET", true)).toBe(true);
  });
});
