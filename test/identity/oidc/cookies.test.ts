import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutGatewayCookies } from "../../../src/http/gateway-cookies.ts";
import {
  clearSession,
  cookieNames,
  loginName,
  readCookie,
  readSession,
  surplusLogins,
  writeSession,
} from "../../../src/identity/oidc/cookies.ts";

const names = cookieNames("/auth");

/** What a browser sends once it has been answered with these. */
function sentBack(cookies: readonly string[], before = ""): string {
  const jar = new Map(
    before.split("; ").flatMap((pair) => (pair === "" ? [] : [pair.split("=") as [string, string]])),
  );
  for (const cookie of cookies) {
    const [pair = "", ...attributes] = cookie.split("; ");
    const [name = "", value = ""] = pair.split("=");
    if (attributes.includes("Max-Age=0")) jar.delete(name);
    else jar.set(name, value);
  }
  return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
}

describe("a session in cookies", () => {
  it("comes back whole, whatever its size, and whatever was there before", () => {
    const size = fc.integer({ min: 1, max: 14_400 });
    fc.assert(
      fc.property(size, size, (first, second) => {
        const before = sentBack(writeSession("a".repeat(first), 60, names, null)!, "theme=dark");
        const field = sentBack(writeSession("b".repeat(second), 60, names, before)!, before);
        expect(readSession(field, names)).toBe("b".repeat(second));
        expect(field.split("; ")).toHaveLength(1 + Math.ceil(second / 3_600));
      }),
      { numRuns: 200 },
    );
  });

  it("is bound to its host, and no script's business; each cookie is one that browsers take", () => {
    const cookies = writeSession("x".repeat(14_400), 3_600, names, null)!;
    expect(cookies).toHaveLength(4);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-isogate-auth(~\d)?=/);
      expect(cookie).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600$/);
      expect(cookie.length).toBeLessThanOrEqual(4_096);
    }
    expect(writeSession("x".repeat(14_401), 60, names, null)).toBeUndefined();
  });

  it("is no session where a piece is missing, and is presented all the same", () => {
    const field = sentBack(writeSession("x".repeat(8_000), 60, names, null)!);
    expect(readSession(field.split("; ").slice(0, 2).join("; "), names)).toBe("");
    expect(readSession("__Host-isogate-auth=rubbish", names)).toBe("rubbish");
    expect(readSession("__Host-isogate-authx=1.x; theme=dark", names)).toBeUndefined();
    expect(readSession("__Host-isogate-auth=1.x; __Host-isogate-auth=1.y", names)).toBeUndefined();
  });

  it("is deleted with all its pieces", () => {
    const field = sentBack(writeSession("x".repeat(9_000), 60, names, null)!, "__Host-isogate-auth~csrf=t");
    expect(sentBack(clearSession(names, field), field)).toBe("");
    expect(clearSession(names, "theme=dark")).toEqual([]);
  });

  it("has names of its own for each login", () => {
    expect(cookieNames("/staff/auth").session).toBe("__Host-isogate-staff.auth");
    expect(loginName("0123456789abcdefXYZ", names)).toBe("__Host-isogate-auth~login.0123456789abcdef");
    expect(readCookie("a=1; b=2", "b")).toBe("2");
    expect(readCookie("ab=1", "b")).toBeUndefined();
  });

  it("leaves room for a few logins in progress", () => {
    const open = (count: number) =>
      Array.from({ length: count }, (_, index) => `${names.login}${index}=x`).join("; ");
    expect(surplusLogins(open(4), names)).toEqual([]);
    expect(surplusLogins(`theme=dark; ${open(5)}`, names)).toHaveLength(5);
    expect(surplusLogins(null, names)).toEqual([]);
  });
});

describe("the gateway's own cookies", () => {
  it("are taken out of what origins get, and nothing else is", () => {
    expect(withoutGatewayCookies("theme=dark; a=b=c")).toBe("theme=dark; a=b=c");
    expect(withoutGatewayCookies("__Host-isogate-auth=1.x; theme=dark;__Host-isogate-auth~1=y")).toBe(
      "theme=dark",
    );
    expect(withoutGatewayCookies("x=__Host-isogate-auth; __Host-isogate-a=1")).toBe("x=__Host-isogate-auth");
    expect(withoutGatewayCookies("__Host-isogate-auth=1.x")).toBeNull();
    expect(withoutGatewayCookies("theme=dark; __Host-isogate-auth")).toBe("theme=dark");
  });
});
