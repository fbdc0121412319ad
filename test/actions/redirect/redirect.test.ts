import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { options, type RedirectOptions } from "../../../src/actions/redirect/redirect.ts";
import { gatewayOf } from "../../support/in-process.ts";

/** Where a request is sent: `GET /a/:id` and whatever is below `/b`. */
async function led(redirect: RedirectOptions, target = "/a/7") {
  const route = { access: "public", redirect } as const;
  const { ask } = gatewayOf({ "GET /a/:id": route, "GET /b/*": route });
  const answer = await ask(target);
  return answer.status < 400 ? `${answer.status} ${answer.headers.get("location")}` : answer.status;
}

describe("a redirect", () => {
  it.each<[RedirectOptions, string, string | number]>([
    [{ to: "/new" }, "/a/7", "308 /new"],
    [{ to: "/", status: 302 }, "/a/7", "302 /"],
    [{ to: "https://shop.example", status: 301 }, "/a/7", "301 https://shop.example"],
    [{ to: "https://shop.example/p/{params.id}" }, "/a/a%20b", "308 https://shop.example/p/a%20b"],
    [{ to: "https://shop.example/p/{params.*}" }, "/b/c/d%20e/", "308 https://shop.example/p/c/d%20e/"],
    [{ to: "/p?id={params.id}&q={query.q}" }, "/a/a&b?q=c%2F..%2Fd", "308 /p?id=a%26b&q=c%2F..%2Fd"],
    [{ to: "/p?q={query.q}" }, "/a/7", "308 /p?q="],
    [{ to: "/p", keepQuery: true }, "/a/7?a=1&b=%20", "308 /p?a=1&b=%20"],
    [{ to: "/p?x=1", keepQuery: true }, "/a/7?a=1", "308 /p?x=1&a=1"],
    [{ to: "/p", keepQuery: true }, "/a/7", "308 /p"],
    [{ to: "/p" }, "/a/7?a=1", "308 /p"],
    [{ to: "/p/{query.q}" }, "/a/7", 400],
    [{ to: "/p/{query.q}" }, "/a/7?q=..", 400],
  ])("%j from %s leads to %s", async (redirect, target, expected) => {
    expect(await led(redirect, target)).toBe(expected);
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "///evil.example",
    "/{params.id}",
    "{params.id}",
    "{{/",
    "https://{params.id}",
    "https://{params.id}.example/",
    "https://shop.example{params.id}",
    "https://shop.example.{params.id}/",
    "https://shop.example:{params.id}/",
    "https://{params.id}@shop.example/",
    "https://shop.example@evil.example/",
    "https://shop.example\\@evil.example/",
    "https://shop.example?q={params.id}",
    "https:///evil.example",
    "https:/evil.example",
    "https://",
    "https://[/",
    "https://a b/",
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://shop.example/",
    "shop.example",
    "/p#{params.id}",
    "/ü",
    "/p\r\nset-cookie: a=1",
    "",
  ])("cannot be declared as %j", (to) => {
    expect(options().safeParse({ to }).success).toBe(false);
  });

  it("cannot have a status that does not redirect, or an unknown key", () => {
    for (const wrong of [
      { to: "/p", status: 304 },
      { to: "/p", status: 200 },
      { to: "/p", permanent: true },
    ]) {
      expect(options().safeParse(wrong).success).toBe(false);
    }
  });

  it("stays where its author sent it, whatever the client writes", async () => {
    const route = (to: string) => ({ access: "public", redirect: { to, keepQuery: true } }) as const;
    const { ask } = gatewayOf({
      "GET /path/:id": route("/items/{params.id}"),
      "GET /glued/:id": route("/items-{params.id}"),
      "GET /rest/*": route("/items/{params.*}"),
      "GET /glued-rest/*": route("/items-{params.*}"),
      "GET /query/:id": route("/items?to={params.id}&q={query.q}"),
      "GET /away/:id": route("https://shop.example/{params.id}"),
    });
    const bit = fc.constantFrom(
      ..."/\\.@:?#;%&=",
      "%2f",
      "%5c",
      "%2e",
      "%09",
      "%0d%0a",
      "%252f",
      "evil.example",
      "x",
      "//",
    );
    const text = fc.array(bit, { maxLength: 6 }).map((bits) => bits.join(""));
    const route_ = fc.constantFrom("path", "glued", "rest", "glued-rest", "query", "away");
    await fc.assert(
      fc.asyncProperty(route_, text, text, async (name, tail, q) => {
        const answer = await ask(`https://api.example/${name}/${tail}?q=${q}`);
        const location = answer.headers.get("location");
        if (location === null) {
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.status).toBeLessThan(500);
          return;
        }
        const { origin, pathname } = new URL(location, "https://api.example");
        expect(origin).toBe(name === "away" ? "https://shop.example" : "https://api.example");
        if (name !== "away") expect(pathname).toMatch(/^\/items/);
      }),
      { numRuns: 500 },
    );
  });
});
