import { describe, expect, it } from "vitest";
import { guarded } from "../external-auth/guarded.ts";

describe("a redirect that is relayed", () => {
  const sendTo =
    (location: string, status = 302) =>
    () =>
      new Response("<a>", {
        status,
        headers: [
          ["location", location],
          ["set-cookie", "csrf=1; Secure"],
          ["set-cookie", "b=2"],
          ["x-secret", "1"],
        ],
      });

  it.each([302, 303, 307])(
    "with %i goes to the caller with its cookies, and no origin hears of it",
    async (status) => {
      const { ask, passed, lines } = guarded(sendTo("https://login.example/?rd=x", status), {
        redirects: "relay",
      });
      const answer = await ask("/orders/1");
      expect([answer.status, answer.headers.get("location"), answer.headers.get("x-secret")]).toEqual([
        status,
        "https://login.example/?rd=x",
        null,
      ]);
      expect(answer.headers.getSetCookie()).toEqual(["csrf=1; Secure", "b=2"]);
      expect([answer.headers.get("cache-control"), await answer.text()]).toEqual(["no-store", ""]);
      expect(passed()).toEqual([]);
      expect(lines[0]).toMatchObject({ code: "credential-missing", status });
    },
  );

  it.each(["javascript:alert(1)", "//evil.example", "/\\evil.example", "login", "", "data:text/html,x"])(
    "to %o is none",
    async (location) => {
      const { ask } = guarded(sendTo(location), { redirects: "relay" });
      expect((await ask("/orders/1")).status).toBe(503);
    },
  );

  it("for good, or where nothing is relayed, is none", async () => {
    expect((await guarded(sendTo("/login", 301), { redirects: "relay" }).ask("/orders/1")).status).toBe(503);
    expect((await guarded(sendTo("/login")).ask("/orders/1")).status).toBe(503);
  });
});
