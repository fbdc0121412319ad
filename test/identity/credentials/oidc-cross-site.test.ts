import { describe, expect, it } from "vitest";
import { codeOf, HOST, refused, TestGateway } from "../oidc/support.ts";

describe("what a request may change", () => {
  it("is judged by where the request comes from", async () => {
    const gateway = new TestGateway({ trustedOrigins: ["https://app.example"] });
    await gateway.logIn();
    const csrf = gateway.jar.get("__Host-isogate-auth~csrf")!;
    const by = async (method: string, headers: Record<string, string> = {}) =>
      codeOf(await gateway.ask(gateway.cookie, { method, headers }));
    expect(await by("GET", { "sec-fetch-site": "cross-site" })).toBe("ada");
    expect(
      await by("GET", { "sec-fetch-site": "cross-site", upgrade: "websocket", connection: "Upgrade" }),
    ).toBe("cross-site-request");
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect(await by(method)).toBe("cross-site-request");
      expect(await by(method, { "x-csrf-token": csrf })).toBe("ada");
      expect(await by(method, { origin: `https://${HOST}` })).toBe("ada");
      expect(await by(method, { origin: "https://app.example" })).toBe("ada");
      expect(await by(method, { origin: "https://evil.example", "x-csrf-token": csrf })).toBe(
        "cross-site-request",
      );
      expect(await by(method, { "sec-fetch-site": "same-site", "x-csrf-token": csrf })).toBe(
        "cross-site-request",
      );
    }
    // The token of another session is none.
    const other = new TestGateway({}, gateway);
    await other.logIn();
    const foreign = other.jar.get("__Host-isogate-auth~csrf")!;
    expect(await by("POST", { "x-csrf-token": foreign })).toBe("cross-site-request");
  });
});

describe("a session", () => {
  it("is not ended by another site's form", async () => {
    const gateway = new TestGateway();
    await gateway.logIn();
    const evil = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect(await refused(gateway.answer("logout", "", "", evil))).toBe("cross-site-request");
    expect(await refused(gateway.answer("logout", "", ""))).toBe("cross-site-request");
    expect(codeOf(await gateway.ask())).toBe("ada");
  });
});
